/**
 * Replicas come back. A failed one whose directory is there again is reused and brought up to date, one that is gone for good is
 * replaced elsewhere (longhorn enhancements/20200821-add-rebuild-with-existing-data: replica-replenishment-wait-interval), by the engine
 * of an attached volume, one replica after the other. A node that is closed to pods takes none (setting
 * disable-scheduling-on-cordoned-node). Time passes in proportion to the volume's size, reused data or not: by default snapshots
 * carry no checksums by which blocks could be skipped (setting snapshot-data-integrity).
 */
import type { Cluster } from "../../kubernetes/cluster.ts";
import { DURATIONS } from "../../kubernetes/durations.ts";
import type { LonghornReplica, LonghornState, LonghornVolume } from "../state.ts";
import { nextTry } from "../../kernel/world.ts";
import { hasFault } from "../../kernel/faults.ts";
import { assess, healthyCopies, mayComeBack, reassess } from "./copies.ts";
import { longhornOf } from "../installed.ts";
import { registerNewDisks } from "../nodes.ts";
import { placeReplicas, removeReplicaFiles, replicaAlive } from "./placement.ts";
import { GiB } from "../../kernel/units.ts";

/** Seconds for which a failed replica is waited for before another takes its place (longhorn-manager types/setting.go: 600). */
function replenishmentWait({ settings }: LonghornState): number {
  return Number(settings["replica-replenishment-wait-interval"] ?? "600");
}

/** How often the manager looks again for a place or a way back for a replica, in seconds (its controllers' resync period). */
const RESYNC = 30;

/** When replicas get further. */
export function* rebuilds({ world, state }: Cluster): Iterable<number | undefined> {
  const { longhorn } = state;
  if (!longhorn) return;
  for (const { readyAt } of Object.values(state.nodes)) yield readyAt + DURATIONS.longhornNodeBack;
  for (const { replicas, replicasWanted } of Object.values(longhorn.volumes)) {
    for (const { rebuild, failedAt } of replicas) {
      yield rebuild?.doneAt;
      if (failedAt !== undefined) yield failedAt + replenishmentWait(longhorn);
    }
    if (healthyCopies({ replicas }) < replicasWanted) yield nextTry(world, RESYNC);
  }
}

/** Lets happen what is due for every volume's replicas, and for the disks that they may be on. */
export function settleCopies(cluster: Cluster): void {
  const { longhorn } = cluster.state;
  if (!longhorn) return;
  registerNewDisks(cluster);
  for (const volume of Object.values(longhorn.volumes)) settleVolume(cluster, longhorn, volume);
}

/** Lets time pass until nothing is being rebuilt any more. */
export async function rebuildReplicas(cluster: Cluster): Promise<void> {
  for (;;) {
    settleCopies(cluster);
    const ends = Object.values(longhornOf(cluster).volumes).flatMap(({ replicas }) =>
      replicas.flatMap(({ rebuild }) => rebuild?.doneAt ?? []),
    );
    if (ends.length === 0) return;
    await cluster.world.clock.until(Math.min(...ends));
  }
}

function settleVolume(cluster: Cluster, longhorn: LonghornState, volume: LonghornVolume): void {
  finish(cluster, volume);
  reassess(cluster, volume);
  salvage(cluster, longhorn, volume);
  replenish(cluster, longhorn, volume);
  evacuate(cluster, longhorn, volume);
  // What is begun may be finished by now, and the next one begun.
  while (start(cluster, longhorn, volume)) {
    if (finish(cluster, volume) === 0) break;
    evacuate(cluster, longhorn, volume);
  }
}

function finish(cluster: Cluster, volume: LonghornVolume): number {
  const now = cluster.world.clock.now();
  const done = volume.replicas.filter(({ rebuild }) => rebuild !== undefined && rebuild.doneAt <= now);
  for (const replica of done) {
    const { startedAt, doneAt } = replica.rebuild!;
    delete replica.rebuild;
    delete replica.failedAt;
    replica.healthy = true;
    cluster.world.note({
      kind: "replica-rebuilt",
      subject: volume.name,
      text: `${volume.name} is rebuilt on ${replica.node}`,
      detail: { node: replica.node, seconds: Math.round(doneAt - startedAt) },
    });
    assess(cluster, volume);
  }
  return done.length;
}

/** With no copy left, the one that failed last is taken as it is (setting auto-salvage; longhorn-manager controller/volume_controller.go). */
function salvage(cluster: Cluster, longhorn: LonghornState, volume: LonghornVolume): void {
  if (volume.robustness !== "faulted") return;
  const newest = Math.max(...volume.replicas.map(({ failedAt = 0 }) => failedAt));
  const best = volume.replicas.find(
    (replica) => (replica.failedAt ?? 0) === newest && backSince(cluster, longhorn, replica) !== undefined,
  );
  if (!best) return;
  best.healthy = true;
  delete best.failedAt;
  assess(cluster, volume);
}

/** Begins the next rebuild of an attached volume; false when there is none to begin. */
function start(cluster: Cluster, longhorn: LonghornState, volume: LonghornVolume): boolean {
  const { replicas, attachedTo, attachedAt = 0 } = volume;
  const moving = replicas.some(({ node }) => longhorn.evicting?.includes(node));
  if ((attachedTo === undefined && !moving) || replicas.some(({ rebuild }) => rebuild)) return false;
  if (!replicas.some((replica) => replica.healthy && replicaAlive(cluster, longhorn, replica))) return false;
  if (hasFault(cluster.world, "volume-does-not-heal", volume.name)) return false;
  const now = cluster.world.clock.now();
  for (const replica of replicas.filter(({ healthy }) => !healthy)) {
    const node = cluster.state.nodes[replica.node];
    const back = backSince(cluster, longhorn, replica);
    if (!node || node.unschedulable || back === undefined) continue;
    const startedAt = Math.max(back, node.uncordonedAt ?? 0, replica.failedAt ?? 0, attachedAt);
    if (startedAt > now) continue;
    const seconds = DURATIONS.rebuildStart + (volume.sizeBytes / GiB) * DURATIONS.rebuildPerGiB;
    replica.rebuild = { startedAt, doneAt: startedAt + seconds };
    return true;
  }
  return false;
}

/** Since when Longhorn works again with the node of a replica that is there; undefined while it does not. */
function backSince(cluster: Cluster, longhorn: LonghornState, replica: LonghornReplica): number | undefined {
  const node = cluster.state.nodes[replica.node];
  if (!node || !replicaAlive(cluster, longhorn, replica)) return undefined;
  const since = node.readyAt + DURATIONS.longhornNodeBack;
  return since <= cluster.world.clock.now() ? since : undefined;
}

/** Replaces what will not come back; one that still may is given up only for another, and after a while. */
function replenish(cluster: Cluster, longhorn: LonghornState, volume: LonghornVolume): void {
  if (volume.robustness === "faulted") return;
  const now = cluster.world.clock.now();
  const dead = volume.replicas.filter(
    (replica) => !replica.healthy && !replicaAlive(cluster, longhorn, replica),
  );
  const asleep = dead.filter((replica) => mayComeBack(cluster, replica));
  const late = asleep.filter(({ failedAt = now }) => now >= failedAt + replenishmentWait(longhorn));
  const kept = volume.replicas.filter((replica) => !dead.includes(replica));
  const waitedFor = asleep.length - late.length;
  const wanted = { ...volume, replicas: [...kept], replicasWanted: volume.replicasWanted - waitedFor };
  place(cluster, longhorn, wanted, now);
  const replaced = Math.max(0, wanted.replicas.length - kept.length - (dead.length - asleep.length));
  volume.replicas = [
    ...wanted.replicas,
    ...asleep.filter((replica) => !late.slice(0, replaced).includes(replica)),
  ];
}

/** New replicas are empty until they are rebuilt. */
function place(cluster: Cluster, longhorn: LonghornState, volume: LonghornVolume, at: number): void {
  const known = new Set(volume.replicas);
  placeReplicas(cluster, longhorn, volume);
  for (const replica of volume.replicas) {
    if (known.has(replica)) continue;
    replica.healthy = false;
    replica.failedAt = at;
  }
}

/** A replica that is to leave stays until another has its data (longhorn-manager controller/replica_controller.go, evictReplica). */
function evacuate(cluster: Cluster, longhorn: LonghornState, volume: LonghornVolume): void {
  const leaving = volume.replicas.filter(({ node }) => longhorn.evicting?.includes(node));
  if (leaving.length === 0) return;
  const wanted = { ...volume, replicasWanted: volume.replicasWanted + leaving.length };
  place(cluster, longhorn, wanted, cluster.world.clock.now());
  const spare = healthyCopies(volume) - volume.replicasWanted;
  for (const replica of leaving.slice(0, Math.max(0, spare))) {
    removeReplicaFiles(cluster, longhorn, replica);
    volume.replicas = volume.replicas.filter((each) => each !== replica);
    const text = `the replica of ${volume.name} on ${replica.node} has moved`;
    cluster.world.note({
      kind: "replica-moved",
      subject: volume.name,
      text,
      detail: { node: replica.node },
    });
  }
  assess(cluster, volume);
}
