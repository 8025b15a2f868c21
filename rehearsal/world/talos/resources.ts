/**
 * The resources that `talosctl get` shows, by their types in Talos's machinery library: the spec of each in its YAML form.
 * Source: talos v1.12.0 pkg/machinery/resources; controllers/runtime/extension_status.go, block/volume_manager.go.
 */
import type { MachineState, UserVolumeState } from "./state.ts";
import type { World } from "../kernel/world.ts";
import { clusterOfMachine, etcdOf, formatMember, memberNumber } from "./etcd/members.ts";
import { bootDisk } from "./disks/boot-disk.ts";
import { inventory, prettyBytes } from "./disks/inventory.ts";
import { machineStatus } from "./machined/status.ts";
import { partitionsOf } from "./disks/partitions.ts";

interface Resource {
  id: string;
  spec: Record<string, unknown>;
}

export interface ResourceKind {
  namespace: string;
  /** The controller that makes them. */
  owner: string;
  list: (world: World, machine: MachineState) => Resource[];
}

export const nodeResources: Record<string, ResourceKind> = {
  "MachineStatuses.runtime.talos.dev": {
    namespace: "runtime",
    owner: "runtime.MachineStatusController",
    list: (world, machine) => [{ id: "machine", spec: { ...machineStatus(world, machine) } }],
  },
  "ExtensionStatuses.runtime.talos.dev": {
    namespace: "runtime",
    owner: "runtime.ExtensionStatusController",
    list: (_world, { image }) => extensions(image),
  },
  "Disks.block.talos.dev": { namespace: "runtime", owner: "block.DisksController", list: disks },
  "SystemDisks.block.talos.dev": {
    namespace: "runtime",
    owner: "block.SystemDiskController",
    list(world, machine) {
      const devPath = systemDevice(world, machine);
      return devPath ? [{ id: "system-disk", spec: { diskID: devPath.slice(5), devPath } }] : [];
    },
  },
  "VolumeStatuses.block.talos.dev": {
    namespace: "runtime",
    owner: "block.VolumeManagerController",
    list: (world, machine) => [...systemVolumes(world, machine), ...userVolumes(world, machine)],
  },
  "MountStatuses.block.talos.dev": {
    namespace: "runtime",
    owner: "block.MountController",
    list: mounts,
  },
  "Members.cluster.talos.dev": { namespace: "cluster", owner: "cluster.MemberController", list: members },
  "EtcdMembers.etcd.talos.dev": {
    namespace: "etcd",
    owner: "etcd.MemberController",
    list(world, { vmId }) {
      const member = etcdOf(world, vmId);
      return member ? [{ id: "local", spec: { memberID: formatMember(memberNumber(member.memberId)) } }] : [];
    },
  },
  "Nodenames.kubernetes.talos.dev": {
    namespace: "k8s",
    owner: "k8s.NodenameController",
    list: (_world, { facts }) => [
      {
        id: "nodename",
        spec: { nodename: facts!.hostname, hostnameVersion: "1", skipNodeRegistration: false },
      },
    ],
  },
  "NodeStatuses.kubernetes.talos.dev": {
    namespace: "k8s",
    owner: "k8s.NodeStatusController",
    list: nodeStatus,
  },
};

/** Those of the schematic, and one that the factory adds: its name is `schematic`, its version the schematic's id. */
function extensions({ extensions, version, schematicId }: MachineState["image"]): Resource[] {
  const layers = extensions.map((name) => ({ name: name.split("/").at(-1)!, version }));
  return [...layers, { name: "schematic", version: schematicId }].map(({ name, version: of }, index) => ({
    id: String(index),
    spec: {
      image: `${index}.sqsh`,
      metadata: {
        name,
        version: of,
        author: name === "schematic" ? "Image Factory" : "Sidero Labs",
        description: "",
        compatibility: { talos: { version: ">= v1.0.0" } },
      },
    },
  }));
}

function disks(world: World, { vmId }: MachineState): Resource[] {
  return inventory(world, vmId).map((disk) => ({
    id: disk.devPath.slice("/dev/".length),
    spec: {
      dev_path: disk.devPath,
      size: disk.sizeBytes,
      pretty_size: disk.prettySize,
      io_size: disk.ioSize,
      sector_size: disk.sectorSize,
      readonly: disk.readonly,
      cdrom: disk.cdrom,
      model: disk.model,
      serial: disk.serial,
      modalias: disk.modalias,
      wwid: disk.wwid,
      uuid: disk.uuid,
      bus_path: disk.busPath,
      sub_system: disk.subSystem,
      transport: disk.transport,
      rotational: disk.rotational,
      symlinks: disk.symlinks,
    },
  }));
}

function systemDevice(world: World, { vmId, devices }: MachineState): string | undefined {
  const disk = bootDisk(world.state.proxmox.vms[vmId]!);
  return Object.entries(devices).find(([, id]) => id === disk?.id)?.[0];
}

function systemVolumes(world: World, machine: MachineState): Resource[] {
  const disk = bootDisk(world.state.proxmox.vms[machine.vmId]!);
  const device = systemDevice(world, machine);
  if (!disk || !device) return [];
  return partitionsOf(disk.content)
    .filter(({ label }) => label === "STATE" || label === "EPHEMERAL")
    .map(({ label, sizeBytes, filesystem }, index) => ({
      id: label,
      spec: { ...located(device, index + 4, sizeBytes, filesystem), phase: "ready" },
    }));
}

function userVolumes(world: World, machine: MachineState): Resource[] {
  const vm = world.state.proxmox.vms[machine.vmId]!;
  return machine.volumes.map((volume) => {
    const id = idOf(volume);
    if (volume.phase === "waiting") {
      return { id, spec: { phase: "failed", type: "partition", errorMessage: volume.reason ?? "" } };
    }
    const phase = (volume.readyAt ?? 0) <= world.clock.now() ? "ready" : "provisioned";
    const disk = Object.values(vm.disks).find((each) => each.id === volume.diskId);
    const partition = disk && partitionsOf(disk.content).find(({ label }) => label === volume.partitionLabel);
    const device = Object.entries(machine.devices).find(([, diskId]) => diskId === volume.diskId)?.[0];
    if (!partition || !device) return { id, spec: { phase: "missing", type: "partition" } };
    const { sizeBytes, filesystem } = partition;
    return { id, spec: { ...located(device, 1, sizeBytes, filesystem), phase } };
  });
}

/** By the prefix of their kind (talos: constants.UserVolumePrefix ...). */
function idOf({ kind, name, partitionLabel }: UserVolumeState): string {
  return (
    partitionLabel ?? `${kind === "UserVolumeConfig" ? "u" : kind === "RawVolumeConfig" ? "r" : "s"}-${name}`
  );
}

function located(device: string, index: number, size: number, filesystem: string): Record<string, unknown> {
  const location = `${device}${index}`;
  return {
    type: "partition",
    location,
    mountLocation: location,
    partitionIndex: index,
    parentLocation: device,
    size,
    prettySize: prettyBytes(size),
    filesystem,
  };
}

function mounts(world: World, machine: MachineState): Resource[] {
  const volumes = userVolumes(world, machine).filter(({ spec }) => spec["phase"] === "ready");
  const targets = new Map(machine.volumes.map((volume) => [idOf(volume), volume.mountPoint]));
  const system = systemVolumes(world, machine).map((volume) => ({
    ...volume,
    target: volume.id === "STATE" ? "/system/state" : "/var",
  }));
  const user = volumes.flatMap((volume) => {
    const target = targets.get(volume.id);
    return target === undefined ? [] : [{ ...volume, target }];
  });
  return [...system, ...user].map(({ id, spec, target }) => ({
    id,
    spec: {
      spec: { volumeID: id },
      source: spec["location"],
      target,
      filesystem: spec["filesystem"],
      readOnly: false,
      projectQuotaSupport: false,
      detached: false,
    },
  }));
}

/** Who has found each other by the discovery service: the machines of one cluster that are up. */
function members(world: World, machine: MachineState): Resource[] {
  return Object.values(world.state.machines)
    .filter(({ facts, vmId }) => facts?.membership === machine.facts!.membership && vmId !== 0)
    .map(({ facts, addresses, image, bootId }) => ({
      id: facts!.hostname,
      spec: {
        nodeId: bootId,
        addresses,
        hostname: facts!.hostname,
        machineType: facts!.machineType,
        operatingSystem: `Talos (${image.version})`,
        ...(facts!.machineType === "controlplane" ? { controlPlane: { port: 6443 } } : {}),
      },
    }));
}

function nodeStatus(world: World, machine: MachineState): Resource[] {
  const cluster = clusterOfMachine(world, machine);
  const { hostname } = machine.facts!;
  const node = cluster && world.systems.workloads.nodeNamed(world, cluster.id, hostname);
  if (!node) return [];
  const { ready: nodeReady, unschedulable, labels } = node;
  return [{ id: hostname, spec: { nodename: hostname, nodeReady, unschedulable, labels, annotations: {} } }];
}
