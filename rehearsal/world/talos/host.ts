/** A node as the cluster side of the world knows it: see `contract.ts`. */
import type { MachineState } from "./state.ts";
import type { Partition } from "../proxmox/state.ts";
import { ISCSI_TOOLS } from "../factory/extensions.ts";
import type { World } from "../kernel/world.ts";
import { stateOf, bootDisk } from "./disks/boot-disk.ts";
import type { HostPath, KubeletMount, NodeHost } from "./contract.ts";
import { freePath } from "./disks/inventory.ts";
import { isConfigured } from "./network/addresses.ts";
import { partitionsOf } from "./disks/partitions.ts";

/** Also for a VM that is gone: such a host is down. */
export function hostOf(world: World, vmId: number): NodeHost {
  const machine = () => world.state.machines[vmId];
  return {
    vmId,
    get name() {
      return (
        machine()?.facts?.hostname ?? String(world.state.proxmox.vms[vmId]?.config["name"] ?? `vm-${vmId}`)
      );
    },
    isUp: () => isConfigured(world, vmId) && machine()?.stall === undefined,
    extensions: () => [...(machine()?.image.extensions ?? [])],
    resolve: (path) => resolvePath(world, required(machine(), vmId), path),
    directories: () => directoriesOf(machine()),
    kubeletMount: (path) => kubeletMountAt(machine(), path),
    attachIscsi: (volume) => {
      const node = required(machine(), vmId);
      if (!node.image.extensions.includes(ISCSI_TOOLS)) {
        throw new Error(
          "failed to execute iscsiadm: please make sure you have iscsiadm/open-iscsi installed on the host",
        );
      }
      if (node.iscsi.some(({ name }) => name === volume.name)) return;
      // The kernel names it like any SCSI disk, after those it has.
      node.iscsi.push({ ...volume, devPath: freePath("sd", node) });
    },
    detachIscsi: (name) => {
      const node = machine();
      if (node) node.iscsi = node.iscsi.filter((volume) => volume.name !== name);
    },
  };
}

/** Talos makes the source of every extra mount before the kubelet starts (services/kubelet.go). */
function directoriesOf(machine: MachineState | undefined): string[] {
  const volumes = (machine?.volumes ?? []).flatMap(({ phase, mountPoint }) =>
    phase === "ready" && mountPoint ? [mountPoint] : [],
  );
  const sources = (machine?.facts?.extraMounts ?? []).map(({ source }) => normalize(source));
  return [...new Set([...volumes, ...sources])];
}

function required(machine: MachineState | undefined, vmId: number): MachineState {
  if (!machine) throw new Error(`VM ${vmId} does not run`);
  return machine;
}

/** In the host's mount namespace: user volumes that are mounted by now, /var on EPHEMERAL, and the rest read-only. */
function resolvePath(world: World, machine: MachineState, path: string): HostPath {
  const vm = world.state.proxmox.vms[machine.vmId]!;
  const wanted = normalize(path);
  const now = world.clock.now();
  const mounted = machine.volumes
    .filter(({ phase, mountPoint, readyAt }) => phase === "ready" && mountPoint && (readyAt ?? 0) <= now)
    .filter(({ mountPoint }) => below(wanted, mountPoint!))
    .sort((a, b) => b.mountPoint!.length - a.mountPoint!.length);
  for (const volume of mounted) {
    const disk = Object.values(vm.disks).find(({ id }) => id === volume.diskId);
    const partition = disk && partitionsOf(disk.content).find(({ label }) => label === volume.partitionLabel);
    if (!disk || !partition) continue;
    return {
      diskId: disk.id,
      onSystemDisk: disk.content.kind === "talos",
      ...filesystem(partition),
      mountPoint: volume.mountPoint!,
      files: partition.files,
    };
  }
  const system = bootDisk(vm);
  const state = stateOf(system);
  const ephemeral = system && partitionsOf(system.content).find(({ label }) => label === "EPHEMERAL");
  if (!below(wanted, "/var") || !system || !state || !ephemeral) {
    throw new Error(`mkdir ${path}: read-only file system`);
  }
  return {
    diskId: system.id,
    onSystemDisk: true,
    ...filesystem(ephemeral),
    mountPoint: "/var",
    files: state.ephemeral,
  };
}

function filesystem({ sizeBytes, filesystem }: Partition): Pick<HostPath, "sizeBytes" | "filesystem"> {
  return { sizeBytes, filesystem };
}

/** What the kubelet's container has mounted besides /var/mnt, which is there read-only (talos: services/kubelet.go). */
const DEFAULT_MOUNTS: KubeletMount[] = [
  "/dev",
  "/etc/cni",
  "/usr/libexec/kubernetes",
  "/var/lib/containerd",
  "/var/lib/kubelet",
  "/var/log/containers",
  "/var/log/pods",
].map((path) => ({ destination: path, source: path, propagation: "rshared", readonly: false }));

function kubeletMountAt(machine: MachineState | undefined, path: string): KubeletMount | undefined {
  const extra = (machine?.facts?.extraMounts ?? []).map(({ destination, source, options }): KubeletMount => ({
    destination: normalize(destination),
    source: normalize(source),
    propagation: propagationOf(options),
    readonly: options.includes("ro"),
  }));
  // Later mounts cover earlier ones at the same place.
  return [...DEFAULT_MOUNTS, ...extra]
    .filter(({ destination }) => below(normalize(path), destination))
    .reduce<KubeletMount | undefined>(
      (best, mount) => (!best || mount.destination.length >= best.destination.length ? mount : best),
      undefined,
    );
}

/** Without an option runc makes a mount private. */
function propagationOf(options: string[]): string {
  if (options.includes("rshared") || options.includes("shared")) return "rshared";
  if (options.includes("rslave") || options.includes("slave")) return "rslave";
  return "private";
}

function normalize(path: string): string {
  return `/${path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/")}`;
}

function below(path: string, mountPoint: string): boolean {
  return path === mountPoint || path.startsWith(`${mountPoint}/`);
}
