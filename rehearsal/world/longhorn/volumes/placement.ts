/**
 * Where the replicas of a volume go (longhorn-manager scheduler/replica_scheduler.go): one per node unless soft anti-affinity is set,
 * on a disk with room for the volume's full size.
 */
import type { Cluster } from "../../kubernetes/cluster.ts";
import type { LonghornReplica, LonghornState, LonghornVolume } from "../state.ts";
import { fileKey, storageNodes, type StorageNode } from "../nodes.ts";

export interface PlacementOptions {
  /** For scenarios that need a volume of a size which the settings would not allow. */
  ignoreCapacity?: boolean;
}

/** Adds replicas until the volume has as many as it wants or no node takes another; returns what it lacked. */
export function placeReplicas(
  cluster: Cluster,
  longhorn: LonghornState,
  volume: LonghornVolume,
  options: PlacementOptions = {},
): string | undefined {
  const nodes = storageNodes(cluster, longhorn).filter(
    ({ node }) => !node.unschedulable && !longhorn.closed?.includes(node.name),
  );
  while (volume.replicas.length < volume.replicasWanted) {
    const candidates = nodes.filter(
      ({ node }) =>
        longhorn.softAntiAffinity || !volume.replicas.some((replica) => replica.node === node.name),
    );
    if (candidates.length === 0)
      return "replica scheduling failed: precheck new replica failed: no node left (hard anti-affinity)";
    const roomy = candidates.filter(
      (candidate) => options.ignoreCapacity || hasRoom(longhorn, candidate, volume.sizeBytes),
    );
    const [best] = roomy.sort((a, b) => load(longhorn, a) - load(longhorn, b));
    if (!best) return "replica scheduling failed: insufficient storage";
    volume.replicas.push(makeReplica(cluster, volume, best));
  }
  return undefined;
}

function makeReplica(
  cluster: Cluster,
  volume: LonghornVolume,
  { node, on, path }: StorageNode,
): LonghornReplica {
  const id = cluster.world.nextId(`${volume.name}-r`);
  on.files[fileKey(on, path, `replicas/${id}/volume.meta`)] = JSON.stringify({ Size: volume.sizeBytes });
  if (on.onSystemDisk) {
    cluster.world.note({
      kind: "volume-created",
      subject: volume.name,
      severity: "catastrophe",
      text: `a replica of ${volume.name} (${volume.claim}) lies on the system disk of ${node.name}`,
      detail: { node: node.name, diskId: on.diskId, dataPath: path },
    });
  }
  return { id, node: node.name, diskId: on.diskId, onSystemDisk: on.onSystemDisk, healthy: true };
}

/** True while the replica's directory is still on a disk that its node shows. */
export function replicaAlive(cluster: Cluster, longhorn: LonghornState, replica: LonghornReplica): boolean {
  const found = storageNodes(cluster, longhorn).find(({ node }) => node.name === replica.node);
  if (!found || found.on.diskId !== replica.diskId) return false;
  return found.on.files[fileKey(found.on, found.path, `replicas/${replica.id}/volume.meta`)] !== undefined;
}

export function removeReplicaFiles(
  cluster: Cluster,
  longhorn: LonghornState,
  replica: LonghornReplica,
): void {
  const found = storageNodes(cluster, longhorn).find(({ node }) => node.name === replica.node);
  if (found) delete found.on.files[fileKey(found.on, found.path, `replicas/${replica.id}/volume.meta`)];
}

/** IsSchedulableToDisk: reserved share, over-provisioning, and the part that must stay available. */
function hasRoom(longhorn: LonghornState, { node, on }: StorageNode, sizeBytes: number): boolean {
  const limit =
    (on.sizeBytes - reservedOf(longhorn, on.sizeBytes)) *
    share(longhorn, "storage-over-provisioning-percentage");
  const scheduled = scheduledOn(longhorn, node.name, on.diskId);
  const minimal = on.sizeBytes * share(longhorn, "storage-minimal-available-percentage");
  return scheduled + sizeBytes <= limit && on.sizeBytes > minimal;
}

/** Bytes of a default disk that Longhorn leaves to others (types/types.go, storageReserved). */
export function reservedOf(longhorn: LonghornState, sizeBytes: number): number {
  return Math.floor(sizeBytes * share(longhorn, "storage-reserved-percentage-for-default-disk"));
}

function share({ settings }: LonghornState, key: string): number {
  return Number(settings[key] ?? "0") / 100;
}

function load(longhorn: LonghornState, { node, on }: StorageNode): number {
  return scheduledOn(longhorn, node.name, on.diskId) / on.sizeBytes;
}

function scheduledOn(longhorn: LonghornState, node: string, diskId: string): number {
  return Object.values(longhorn.volumes)
    .flatMap((volume) => volume.replicas.map((replica) => ({ replica, size: volume.sizeBytes })))
    .filter(({ replica }) => replica.node === node && replica.diskId === diskId)
    .reduce((sum, { size }) => sum + size, 0);
}
