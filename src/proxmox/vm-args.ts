/** The arguments of a node's VM, as plain data. */
import type * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import type * as pulumi from "@pulumi/pulumi";
import type { HomelabConfig, NodeConfig } from "../config/types.ts";

/** The interfaces decide how the guest sees a disk: scsi0 becomes an sdX, virtio1 a vdX that shows its serial. */
export const OS_DISK_INTERFACE = "scsi0";
export const DATA_DISK_INTERFACE = "virtio1";
const FIRST_EXTRA_DISK = 2;

/** Which of the further disks an interface belongs to, counted from 0. */
export function extraDiskPlace(slot: string): number | undefined {
  const place = Number(/^virtio(\d+)$/.exec(slot)?.[1] ?? -1) - FIRST_EXTRA_DISK;
  return place >= 0 ? place : undefined;
}

export const MIB_PER_GIB = 1024;

/**
 * @param image Volume id of the boot image on the node's host. It only matters when the disk is made: the provider
 *   ignores later changes of it.
 */
export function vmArgs(
  config: HomelabConfig,
  node: NodeConfig,
  image: pulumi.Input<string>,
): proxmoxve.VmLegacyArgs {
  const { cluster, network } = config;
  return {
    nodeName: node.host,
    vmId: node.vmId,
    name: `${cluster.name}-${node.name}`,
    description: `Talos ${node.role} ${node.name} of cluster ${cluster.name}. Managed by Pulumi.`,
    tags: ["talos", cluster.name, node.role].map((tag) => tag.toLowerCase()).sort(), // Proxmox gives them back sorted
    machine: "q35",
    bios: "ovmf",
    efiDisk: { datastoreId: node.osDisk.datastore, type: "4m" },
    scsiHardware: "virtio-scsi-single",
    bootOrders: [OS_DISK_INTERFACE],
    onBoot: true,
    // Control planes first, so that workers find an API when the host comes back from a power cut.
    startup: node.role === "controlplane" ? { order: 1, upDelay: 30 } : { order: 2 },
    // One edit under `initialization` would otherwise reboot every VM at once.
    rebootAfterUpdate: false,
    // Talos shuts down by the guest agent; a machine that is being destroyed may hang in maintenance mode without it. One
    // that retires is shut down, because Talos drains its node then (its Shutdown sequence, CordonAndDrainNode).
    stopOnDestroy: node.retiring !== true,
    operatingSystem: { type: "l26" },
    cpu: { cores: node.cores, type: "host" },
    memory: { dedicated: node.memoryGiB * MIB_PER_GIB },
    // Addresses are static, and waiting for the agent of a node without a machine config is known to hang.
    agent: { enabled: true, trim: true, waitForIp: { disabled: true } },
    networkDevices: [
      {
        bridge: network.bridge,
        ...(node.macAddress && { macAddress: node.macAddress }),
        ...(network.vlan !== undefined && { vlanId: network.vlan }),
      },
    ],
    initialization: {
      datastoreId: node.osDisk.datastore,
      dns: { servers: network.nameservers },
      ipConfigs: [{ ipv4: { address: `${node.address}/${network.prefixLength}`, gateway: network.gateway } }],
    },
    disks: disks(node, image),
  };
}

function disks(node: NodeConfig, image: pulumi.Input<string>): proxmoxve.types.input.VmLegacyDisk[] {
  const common = { iothread: true, discard: "on" };
  const os = {
    ...common,
    interface: OS_DISK_INTERFACE,
    datastoreId: node.osDisk.datastore,
    size: node.osDisk.sizeGiB,
    importFrom: image,
  };
  const data = node.dataDisk && {
    ...common,
    interface: DATA_DISK_INTERFACE,
    datastoreId: node.dataDisk.datastore,
    size: node.dataDisk.sizeGiB,
    serial: node.dataDisk.serial,
    // Longhorn has its own backups, and a snapshot of one replica alone is worth little.
    backup: false,
  };
  const extra = node.extraDisks.map((disk, index) => ({
    ...common,
    interface: `virtio${FIRST_EXTRA_DISK + index}`,
    datastoreId: disk.datastore,
    size: disk.sizeGiB,
  }));
  return [os, ...(data ? [data] : []), ...extra];
}
