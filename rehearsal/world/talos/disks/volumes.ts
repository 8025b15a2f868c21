/**
 * User volumes: found again by their label, or provisioned on a disk that the selector matches and that Talos accepts.
 * Source: talos v1.12.0 controllers/block/internal/volumes (locate.go, disk.go, partition.go, grow.go).
 */
import type { SelectorDisk } from "../../../machinery.ts";
import type { DiskState, VmState } from "../../proxmox/state.ts";
import type { MachineState, UserVolumeState } from "../state.ts";
import type { Held, World } from "../../kernel/world.ts";
import { DURATIONS } from "../durations.ts";
import type { VolumeSpec } from "../machine-config/node-facts.ts";
import { judgeFormat } from "./formats.ts";
import { bootDisk } from "./boot-disk.ts";
import { inventory, type TalosDisk } from "./inventory.ts";
import { addPartition, growPartition, partitionsOf, roomOn } from "./partitions.ts";

/** GPT and MBR, in sectors, that a blank disk must hold besides (disk.go). */
const BLANK_OVERHEAD = 67 * 512;

/**
 * Brings every volume of the config in force as far as it goes. `booting`: partitions may grow, as they do only when a
 * volume is located, i.e. once a boot.
 */
export async function provisionVolumes(
  world: Held,
  vmId: number,
  options: { at: number; booting?: boolean },
): Promise<void> {
  const vm = world.state.proxmox.vms[vmId];
  const machine = world.state.machines[vmId];
  if (!vm || !machine?.facts) return;
  const wanted = machine.facts.volumes;
  machine.volumes = machine.volumes.filter(({ name, kind }) =>
    wanted.some((spec) => spec.name === name && spec.kind === kind),
  );
  for (const spec of wanted) {
    const before = machine.volumes.find(({ name, kind }) => name === spec.name && kind === spec.kind);
    const present = Object.values(vm.disks).some(({ id }) => id === before?.diskId);
    if (before?.phase === "ready" && present) continue;
    const after = await provision(world, vm, machine, spec, options);
    machine.volumes = [...machine.volumes.filter((volume) => volume !== before), after];
    announce(world, machine, before, after);
  }
}

async function provision(
  world: World,
  vm: VmState,
  machine: MachineState,
  spec: VolumeSpec,
  { at, booting }: { at: number; booting?: boolean },
): Promise<UserVolumeState> {
  const volume: UserVolumeState = { name: spec.name, kind: spec.kind, phase: "waiting" };
  if (spec.kind === "UserVolumeConfig") volume.mountPoint = `/var/mnt/${spec.name}`;

  if (spec.volumeType === "partition") {
    for (const disk of Object.values(vm.disks)) {
      const partition = partitionsOf(disk.content).find(({ label }) => label === spec.label);
      if (!partition) continue;
      if (booting && spec.grow) growPartition(disk, partition, spec.maxSizeBytes);
      return ready(volume, disk, spec.label, at + DURATIONS.mount);
    }
  }

  const disks = inventory(world, vm.vmId);
  let matched: TalosDisk[];
  try {
    const matches = await selectDisks(world, vm, spec.diskSelector, disks);
    // Read-only disks are passed over before the selector is asked; a DVD drive is not flagged read-only (locate.go).
    matched = disks.filter((disk, index) => matches[index] && !disk.readonly);
  } catch (error) {
    return { ...volume, reason: `error evaluating disk locator: ${(error as Error).message}` };
  }
  if (matched.length === 0) return { ...volume, reason: "no disks matched selector for volume" };
  if (spec.volumeType === "disk" && matched.length > 1) {
    const paths = matched.map(({ devPath }) => devPath).join(" ");
    return {
      ...volume,
      reason: `multiple disks matched selector for disk volume; matched disks: [${paths}]`,
    };
  }
  const rejected = { space: 0, format: 0, other: 0 };
  for (const candidate of matched) {
    const disk = Object.values(vm.disks).find(({ id }) => id === candidate.diskId);
    const verdict = check(machine, candidate, disk, spec);
    if (verdict !== "accepted") {
      rejected[verdict]++;
      continue;
    }
    const label = spec.volumeType === "disk" ? wholeDisk(spec) : spec.label;
    judgeFormat(world, vm, machine, { candidate, disk, spec, volume: label });
    if (!disk) return { ...volume, reason: `${candidate.devPath} went away` };
    if (partitionsOf(disk.content).some((partition) => partition.label === label)) {
      return ready(volume, disk, label, at + DURATIONS.mount);
    }
    addPartition(
      disk,
      { ...spec, label, maxSizeBytes: spec.volumeType === "disk" ? 0 : spec.maxSizeBytes },
      at,
    );
    return ready(volume, disk, label, at + DURATIONS.format);
  }
  return {
    ...volume,
    reason:
      `no disks matched for volume (${matched.length} matched selector): ${rejected.space} have not enough space, ` +
      `${rejected.format} have wrong format, ${rejected.other} have other issues`,
  };
}

/** CheckDiskForProvisioning: a blank disk, or for a partition also a GPT disk with room. */
function check(
  machine: MachineState,
  candidate: TalosDisk,
  disk: DiskState | undefined,
  spec: VolumeSpec,
): "accepted" | "space" | "format" | "other" {
  if (candidate.cdrom) return "format"; // an ISO 9660 filesystem
  const attached = machine.iscsi.find(({ name }) => name === candidate.iscsi);
  if (attached) return attached.filesystem === "none" ? "accepted" : "format";
  if (!disk) return "other";
  if (spec.volumeType === "disk") {
    const again = partitionsOf(disk.content).some(({ label }) => label === wholeDisk(spec));
    return disk.content.kind === "blank" || again ? "accepted" : "format";
  }
  if (disk.content.kind === "blank") {
    const enough = disk.sizeBytes >= spec.minSizeBytes + BLANK_OVERHEAD && roomOn(disk) >= spec.minSizeBytes;
    return enough ? "accepted" : "space";
  }
  if (disk.content.kind === "foreign") return "format";
  return roomOn(disk) >= spec.minSizeBytes ? "accepted" : "space";
}

/** A whole-disk volume has no partition and so no label of its own to be found by (talos#12650); here it is remembered so. */
function wholeDisk(spec: VolumeSpec): string {
  return `disk:${spec.label}`;
}

/** Which disks a selector matches on a running node: it knows the system disk there, by its META partition (system_disk.go). */
export async function selectDisks(
  world: World,
  vm: VmState,
  expression: string,
  disks: TalosDisk[],
): Promise<boolean[]> {
  if (!expression) return disks.map(() => false); // volumeconfig: noMatch
  const system = bootDisk(vm)?.id;
  return matchSelector(
    world,
    expression,
    disks.map((disk) => toSelectorDisk(disk, disk.diskId !== undefined && disk.diskId === system)),
  );
}

export async function matchSelector(
  world: World,
  expression: string,
  disks: SelectorDisk[],
): Promise<boolean[]> {
  const { matches } = await world.systems.machinery.call<{ matches: boolean[] }>("selector.match", {
    expression,
    disks,
  });
  return matches;
}

export function toSelectorDisk(disk: TalosDisk, systemDisk: boolean): SelectorDisk {
  const {
    devPath,
    sizeBytes,
    serial,
    wwid,
    model,
    transport,
    rotational,
    readonly,
    cdrom,
    busPath,
    symlinks,
  } = disk;
  return {
    devPath,
    sizeBytes,
    serial,
    wwid,
    model,
    transport,
    rotational,
    readonly,
    cdrom,
    busPath,
    symlinks,
    systemDisk,
  };
}

function ready(volume: UserVolumeState, disk: DiskState, label: string, at: number): UserVolumeState {
  return { ...volume, phase: "ready", diskId: disk.id, partitionLabel: label, readyAt: at };
}

/** One event when a volume is mounted, and one for each new reason to wait. */
function announce(
  world: World,
  machine: MachineState,
  before: UserVolumeState | undefined,
  after: UserVolumeState,
): void {
  const node = machine.facts?.hostname ?? `vm-${machine.vmId}`;
  const detail = { vmId: machine.vmId, node, volume: after.name };
  if (after.phase === "ready") {
    world.note({
      kind: "volume-mounted",
      subject: node,
      text: `volume ${after.name} of ${node} is ready${after.mountPoint ? ` at ${after.mountPoint}` : ""}`,
      detail: { ...detail, diskId: after.diskId, mountPoint: after.mountPoint, readyAt: after.readyAt },
    });
  } else if (before?.reason !== after.reason) {
    world.note({
      kind: "volume-waiting",
      subject: node,
      severity: "warning",
      text: `volume ${after.name} of ${node} waits: ${after.reason}`,
      detail: { ...detail, reason: after.reason },
    });
  }
}
