/**
 * Whether the copies on a node that retires have anywhere to go. Where they have not, Longhorn goes on trying for ever, so it is
 * told before anything is changed. Pure; the rules are those of longhorn-manager, scheduler/replica_scheduler.go: one copy of a
 * volume on a node, and on a disk no more than what is provisioned of it (IsSchedulableToDisk). What may pass by itself, e.g. a
 * node that is down or cordoned, stands in nobody's way here.
 */
import { staysWithDataDisk } from "../config/derive.ts";
import type { NodeConfig } from "../config/types.ts";
import { volumeName } from "../observe/storage.ts";
import {
  storageReplica,
  storageVolume,
  type ReplicaObject,
  type VolumeObject,
} from "../clients/kubernetes/objects.ts";
import { GIB } from "../config/sizes.ts";

/** Longhorn's own Node, as far as it is read. Sizes in bytes. */
export interface StorageNodeObject {
  metadata?: { name?: string };
  spec?: {
    allowScheduling?: boolean;
    disks?: Record<string, { allowScheduling?: boolean; storageReserved?: number }>;
  };
  status?: { diskStatus?: Record<string, { storageMaximum?: number; storageScheduled?: number }> };
}

export interface Room {
  volumes: VolumeObject[];
  replicas: ReplicaObject[];
  nodes: StorageNodeObject[];
  /** By name. */
  settings: { metadata?: { name?: string }; value?: string }[];
}

/** Copies on the node for which there is no place for good, one line each; empty where that cannot be known yet. */
export function copiesNowhere(room: Room, node: string, declared: readonly NodeConfig[]): string[] {
  const staying = new Set(declared.filter(staysWithDataDisk).map(({ name }) => name));
  const free = new Map(
    room.nodes
      .filter(({ metadata, spec }) => staying.has(metadata?.name ?? "") && spec?.allowScheduling === true)
      .map((each) => [each.metadata!.name!, freeOn(each, provisioned(room))]),
  );
  // One that joins in this run may not have told its disk yet, and one that was closed may be opened again in it.
  if ([...staying].some((name) => (free.get(name)?.length ?? 0) === 0)) return [];
  const replicas = room.replicas.map(storageReplica);
  const moving = room.volumes.flatMap((object) => {
    const volume = storageVolume(object);
    const copies = replicas.filter((replica) => replica.volume === volume.name);
    const whole = copies.filter(({ healthy }) => healthy);
    const elsewhere = whole.filter((replica) => replica.node !== node).length;
    if (whole.length === elsewhere || elsewhere >= volume.copies) return [];
    const holders = maySharePlaces(room, object) ? [] : copies.map((replica) => replica.node);
    return [{ name: volumeName(volume), bytes: Number(object.spec?.size ?? 0), holders }];
  });
  const stuck = moving.flatMap(({ name, bytes, holders }) => {
    const places = [...free].filter(([target]) => !holders.includes(target));
    if (places.some(([, disks]) => Math.max(...disks) >= bytes)) return [];
    const why =
      places.length === 0
        ? "every other node with a data disk has a copy already"
        : places
            .map(([target, disks]) => `${target} has room for ${inGib(Math.max(0, ...disks))}`)
            .join(", ");
    return [`volume ${name} of ${inGib(bytes)}: ${why}`];
  });
  const needed = moving.reduce((sum, { bytes }) => sum + bytes, 0);
  const there = [...free.values()].flat().reduce((sum, bytes) => sum + Math.max(0, bytes), 0);
  if (stuck.length > 0 || needed <= there) return stuck;
  return [`its volumes need ${inGib(needed)}, and the other nodes have room for ${inGib(there)} together`];
}

/** By disk: what may still be provisioned on it. */
function freeOn({ spec, status }: StorageNodeObject, share: number): number[] {
  return Object.entries(status?.diskStatus ?? {}).flatMap(
    ([id, { storageMaximum = 0, storageScheduled = 0 }]) => {
      const disk = spec?.disks?.[id];
      if (!disk?.allowScheduling || storageMaximum === 0) return [];
      return [(storageMaximum - (disk.storageReserved ?? 0)) * share - storageScheduled];
    },
  );
}

function provisioned(room: Room): number {
  return Number(setting(room, "storage-over-provisioning-percentage") ?? "100") / 100;
}

function maySharePlaces(room: Room, { spec }: VolumeObject): boolean {
  const own = spec?.replicaSoftAntiAffinity ?? "ignored";
  return own === "ignored" ? setting(room, "replica-soft-anti-affinity") === "true" : own === "enabled";
}

function setting({ settings }: Room, name: string): string | undefined {
  return settings.find(({ metadata }) => metadata?.name === name)?.value;
}

function inGib(bytes: number): string {
  return `${Math.floor((bytes / GIB) * 10) / 10} GiB`;
}

/** The message for the user. */
export function refusedRetirement(node: string, nowhere: readonly string[]): string | undefined {
  if (nowhere.length === 0) return undefined;
  return [
    `${node} cannot retire, for copies on it have nowhere to go, and waiting would not change that:`,
    ...nowhere.map((line) => `  ${line}`),
    "Longhorn was not told anything, and the node goes on as before. Add a node with a data disk, grow the data disk of one that stays, or " +
      "delete volumes or lower their copies in Longhorn's UI. Then run `pulumi up` again.",
  ].join("\n");
}
