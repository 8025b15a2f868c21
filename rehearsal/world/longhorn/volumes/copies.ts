/**
 * Which replicas of a volume are copies of its data: they fail with their node or disk while the volume is in use. A detached volume,
 * or one whose engine went down with its node, has nobody who would notice, and nothing is written that its replicas could miss.
 */
import type { Cluster } from "../../kubernetes/cluster.ts";
import type { LonghornReplica, LonghornVolume } from "../state.ts";
import { longhornOf } from "../installed.ts";
import { replicaAlive } from "./placement.ts";

/** Looks again which replicas are there. */
export function reassess(cluster: Cluster, volume: LonghornVolume): void {
  const longhorn = longhornOf(cluster);
  for (const replica of volume.replicas) {
    if (!replica.healthy || replicaAlive(cluster, longhorn, replica)) continue;
    const node = cluster.state.nodes[replica.node];
    const up = node !== undefined && cluster.hosts(node.vmId).isUp();
    if (!inUse(cluster, volume) && mayComeBack(cluster, replica)) continue;
    failReplica(cluster, volume, replica, (up ? undefined : node?.downSince) ?? cluster.world.clock.now());
  }
  assess(cluster, volume);
}

/**
 * What Longhorn says of it, in its objects and its own API alike (longhorn-manager api/model.go: Robustness is the object's): copies
 * are compared while an engine runs, so a detached volume is `unknown`, unless it has lost them all (controller/volume_controller.go).
 */
export function shownRobustness({ attachedTo, robustness }: LonghornVolume): LonghornVolume["robustness"] {
  return attachedTo === undefined && robustness !== "faulted" ? "unknown" : robustness;
}

/** What a replica is to the volume's engine (longhorn-engine: replica modes); nothing while none runs. */
export function replicaMode(
  { attachedTo }: LonghornVolume,
  replica: LonghornReplica,
): "" | "RW" | "WO" | "ERR" {
  if (attachedTo === undefined) return "";
  return replica.healthy ? "RW" : replica.rebuild ? "WO" : "ERR";
}

/** How many of its replicas are copies of its data. */
export function healthyCopies({ replicas }: Pick<LonghornVolume, "replicas">): number {
  return replicas.filter(({ healthy }) => healthy).length;
}

/** Its engine runs. */
function inUse(cluster: Cluster, { attachedTo = "" }: LonghornVolume): boolean {
  const node = cluster.state.nodes[attachedTo];
  return node !== undefined && cluster.hosts(node.vmId).isUp();
}

/** From here on it misses what is written. */
export function failReplica(
  cluster: Cluster,
  volume: LonghornVolume,
  replica: LonghornReplica,
  at: number,
): void {
  delete replica.rebuild;
  replica.failedAt ??= at;
  if (!replica.healthy) return;
  replica.healthy = false;
  cluster.world.note({
    kind: "replica-lost",
    subject: volume.name,
    severity: "warning",
    text: `the replica of ${volume.name} on ${replica.node} is not there`,
    detail: { node: replica.node, diskId: replica.diskId },
  });
}

/** Its machine still has its disks, as far as anybody knows: before its node is Ready, nobody has looked. */
export function mayComeBack(cluster: Cluster, { node }: LonghornReplica): boolean {
  const known = cluster.state.nodes[node];
  if (known === undefined || known.vmId === 0) return false;
  const ready = known.downSince === undefined && known.readyAt <= cluster.world.clock.now();
  return !ready || !cluster.hosts(known.vmId).isUp();
}

/** Sums the replicas up, and puts on record what has changed by it. */
export function assess(cluster: Cluster, volume: LonghornVolume): void {
  const now = cluster.world.clock.now();
  const healthy = healthyCopies(volume);
  const before = volume.robustness;
  volume.robustness = healthy === 0 ? "faulted" : healthy < volume.replicasWanted ? "degraded" : "healthy";
  const detail = { claim: volume.claim, healthy, wanted: volume.replicasWanted };
  const note = (event: Omit<Parameters<typeof cluster.world.note>[0], "subject">) =>
    cluster.world.note({ subject: volume.name, ...event });

  if (volume.robustness === "healthy") {
    const seconds = Math.round(now - (volume.degradedAt ?? now));
    delete volume.degradedAt;
    if (before === "degraded" || before === "faulted")
      note({
        kind: "volume-healthy",
        text: `${volume.name} (${volume.claim}) has all ${healthy} copies again, after ${seconds} s`,
        detail: { ...detail, seconds },
      });
  } else {
    volume.degradedAt ??= now;
    if (volume.robustness === "degraded" && before === "healthy")
      note({
        kind: "volume-degraded",
        severity: "warning",
        text: `${volume.name} (${volume.claim}) has ${healthy} of ${volume.replicasWanted} copies`,
        detail,
      });
    if (volume.robustness === "faulted" && before !== "faulted") {
      const asleep = volume.replicas.some((replica) => mayComeBack(cluster, replica));
      note({
        kind: "replica-lost",
        severity: asleep && volume.replicasWanted === 1 ? "warning" : "catastrophe",
        text: `${volume.name} (${volume.claim}) has no replica left`,
        detail,
      });
    }
  }
  assessReading(cluster, volume);
}

/** Whether any copy of it answers, which a pod that reads it needs, and one that wants to. */
function assessReading(cluster: Cluster, volume: LonghornVolume): void {
  const now = cluster.world.clock.now();
  const longhorn = longhornOf(cluster);
  const readable = volume.replicas.some(
    (replica) => replica.healthy && replicaAlive(cluster, longhorn, replica),
  );
  const since = volume.unreadableSince;
  if (readable === (since === undefined)) return;
  const users = Object.values(cluster.state.pods).filter(
    (pod) => pod.phase === "running" && pod.volumes.includes(volume.name),
  );
  const detail = { claim: volume.claim, wanted: volume.replicasWanted, pods: users.map(({ name }) => name) };
  const subject = volume.name;
  if (!readable) {
    volume.unreadableSince = now;
    const severity = users.length > 0 ? ("warning" as const) : ("info" as const);
    const text = `no copy of ${volume.name} (${volume.claim}) answers`;
    cluster.world.note({ kind: "volume-unreadable", subject, severity, text, detail });
  } else if (since !== undefined) {
    delete volume.unreadableSince;
    const seconds = Math.round(now - since);
    const text = `a copy of ${volume.name} (${volume.claim}) answers again, after ${seconds} s`;
    cluster.world.note({ kind: "volume-readable", subject, text, detail: { ...detail, seconds } });
  }
}
