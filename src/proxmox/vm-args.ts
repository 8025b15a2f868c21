/** The arguments of a node's VM, as plain data. */
import type * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import type * as pulumi from "@pulumi/pulumi";
import { MIB_PER_GIB } from "../config/sizes.ts";
import type { HomelabConfig, NodeConfig } from "../config/types.ts";
import { DATA_DISK_INTERFACE, FIRST_EXTRA_DISK, OS_DISK_INTERFACE } from "../disks.ts";

/** What a VM is made of, besides the node's own entry. */
export type VmConfig = Pick<HomelabConfig, "cluster" | "network" | "proxmox">;

/**
 * @param image Volume id of the boot image on the node's host. It only matters when the disk is made: the provider
 *   ignores later changes of it.
 */
export function vmArgs(
  config: VmConfig,
  node: NodeConfig,
  image: pulumi.Input<string>,
): proxmoxve.VmLegacyArgs {
  const { cluster, network, proxmox } = config;
  return {
    nodeName: node.host,
    // A machine may be moved, by HA or by hand; another host is then a change that a hook compares, and refuses where
    // it must. Without this it would be a replacement, which loses all disks.
    migrate: true,
    vmId: node.vmId,
    name: vmName(config, node),
    description: `Talos ${node.role} ${node.name} of cluster ${cluster.name}. Managed by Pulumi.`,
    tags: vmTags(config, node),
    machine: "q35",
    bios: "ovmf",
    efiDisk: { datastoreId: node.osDisk.datastore, type: "4m" },
    scsiHardware: "virtio-scsi-single",
    bootOrders: [OS_DISK_INTERFACE],
    onBoot: true,
    // Control planes first, so that workers find an API when the host comes back from a power cut. For that option alone Proxmox
    // wants Sys.Modify on / (qemu-server: API2/Qemu.pm, check_vm_modify_config_perm).
    ...(proxmox.startOrder && {
      startup: node.role === "controlplane" ? { order: 1, upDelay: 30 } : { order: 2 },
    }),
    // The provider's default is the host's own drive, which takes Sys.Console on / (the same, check_storage_access).
    cdrom: { fileId: "none", interface: "ide3" },
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

/** By which a machine is known in Proxmox. */
export function vmName({ cluster }: Pick<HomelabConfig, "cluster">, { name }: NodeConfig): string {
  return `${cluster.name}-${name}`;
}

/**
 * As Proxmox keeps them: lower-case, each once, sorted (pve-guest-common, GuestHelpers.pm, get_unique_tags). A list in any
 * other form would differ from what is read back, and so be written again at every `up`.
 */
export function vmTags({ cluster }: Pick<HomelabConfig, "cluster">, { role }: NodeConfig): string[] {
  const tags = ["talos", cluster.name, role].map((tag) => tag.toLowerCase());
  return [...new Set(tags)].sort();
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
