/**
 * Space on a datastore. Two figures: what is *written*, which no datastore can exceed, and what is *promised* to VM
 * disks.
 *
 * - On a thin datastore (raw files, which are sparse, qcow2, LVM's thin pools, RBD) a disk takes what is written to it, and the
 *   promises may exceed the capacity. LVM only warns of that; so does the record.
 * - On a thick one (ZFS, LVM) the promises must fit. Which is which: store-types.ts.
 *
 * What is written to a disk is counted coarsely: an imported image's data, a former owner's disk in full, and a little
 * per partition. What pods write later is not counted.
 */
import type { DatastoreState, DiskState, HostState, ProxmoxState } from "../state.ts";
import type { World } from "../../kernel/world.ts";
import { refuse } from "../errors.ts";
import { STORE_TYPES } from "./types.ts";
import { inGib, MiB } from "../../kernel/units.ts";

const IMAGE_BYTES = 430 * MiB;
const PARTITION_BYTES = 64 * MiB;

export interface Usage {
  writtenBytes: number;
  promisedBytes: number;
  freeBytes: number;
}

export function usage(proxmox: ProxmoxState, host: string, datastore: DatastoreState): Usage {
  const files = Object.values(datastore.files).reduce((sum, file) => sum + file.sizeBytes, 0);
  const disks = disksOn(proxmox, host, datastore.name);
  const writtenBytes = files + disks.reduce((sum, disk) => sum + written(disk), 0);
  const promisedBytes = files + disks.reduce((sum, disk) => sum + disk.sizeBytes, 0);
  const taken = isThick(datastore) ? promisedBytes : writtenBytes;
  return { writtenBytes, promisedBytes, freeBytes: Math.max(0, datastore.capacityBytes - taken) };
}

/** Makes sure that a new or grown disk fits: `grownBytes` more promised, `writtenBytes` of them written at once. */
export function claim(
  world: World,
  host: HostState,
  datastore: DatastoreState,
  grownBytes: number,
  writtenBytes: number,
): void {
  const before = usage(world.state.proxmox, host.name, datastore);
  if ((isThick(datastore) ? grownBytes : writtenBytes) > before.freeBytes) {
    refuse(noSpace(datastore, before.freeBytes));
  }
  const promised = before.promisedBytes + grownBytes;
  if (before.promisedBytes <= datastore.capacityBytes && promised > datastore.capacityBytes) {
    world.note({
      kind: "vm-changed",
      subject: `${host.name}/${datastore.name}`,
      severity: "warning",
      text: promiseText(host, datastore, promised),
      detail: { promisedBytes: promised, capacityBytes: datastore.capacityBytes },
    });
  }
}

export function promiseText(host: HostState, datastore: DatastoreState, promisedBytes: number): string {
  return (
    `Datastore ${datastore.name}${datastore.shared ? "" : ` on ${host.name}`} has promised ${inGib(promisedBytes)} GiB to its disks and ` +
    `holds ${inGib(datastore.capacityBytes)} GiB: full disks would stop their machines`
  );
}

/** Refuses a file that does not fit. */
export function claimFile(world: World, host: HostState, datastore: DatastoreState, bytes: number): void {
  const { freeBytes } = usage(world.state.proxmox, host.name, datastore);
  if (bytes > freeBytes) refuse(noSpace(datastore, freeBytes));
}

export function disksOn(proxmox: ProxmoxState, host: string, datastore: string): DiskState[] {
  const shared = proxmox.hosts[host]?.datastores[datastore]?.shared === true;
  return Object.values(proxmox.vms)
    .filter((vm) => shared || vm.host === host)
    .flatMap((vm) => Object.values(vm.disks))
    .filter((disk) => disk.datastore === datastore);
}

function isThick(datastore: DatastoreState): boolean {
  return STORE_TYPES[datastore.type].thick;
}

function written(disk: DiskState): number {
  const { content } = disk;
  switch (content.kind) {
    case "blank":
      return 0;
    case "foreign":
      return disk.sizeBytes;
    case "talos":
      return Math.min(disk.sizeBytes, IMAGE_BYTES + content.partitions.length * PARTITION_BYTES);
    case "gpt":
      return Math.min(disk.sizeBytes, content.partitions.length * PARTITION_BYTES);
  }
}

function noSpace(datastore: DatastoreState, freeBytes: number): string {
  return `no space left on storage '${datastore.name}' (${inGib(freeBytes)} GiB free of ${inGib(datastore.capacityBytes)} GiB)`;
}
