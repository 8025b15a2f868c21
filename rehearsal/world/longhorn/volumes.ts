/** Longhorn volumes: made by claims, attached to one node at a time as an iSCSI disk, read and written, rebuilt, deleted. */
import type { Cluster } from "../kubernetes/cluster.ts";
import { pseudoRandom } from "../kubernetes/cluster.ts";
import { DURATIONS } from "../kubernetes/durations.ts";
import { ROOT_DIRECTORY } from "../kubernetes/mounts.ts";
import type { LonghornState, LonghornVolume, VolumeFile } from "../kubernetes/state.ts";
import { managerProblem, systemPodsFit } from "./nodes.ts";
import { placeReplicas, removeReplicaFiles, replicaAlive, type PlacementOptions } from "./placement.ts";

const MIB = 1024 ** 2;

export class VolumeError extends Error {}

export function longhornOf(cluster: Cluster): LonghornState {
  const { longhorn } = cluster.state;
  if (!longhorn) throw new VolumeError("Longhorn is not installed on this cluster");
  return longhorn;
}

export interface NewVolume extends PlacementOptions {
  /** `namespace/name`. */
  claim: string;
  sizeBytes: number;
  /** Default: the storage class's. */
  replicas?: number;
  name?: string;
}

/** Provisions a volume, as the CSI provisioner does for a claim. */
export async function createVolume(cluster: Cluster, wanted: NewVolume): Promise<LonghornVolume> {
  const longhorn = longhornOf(cluster);
  const replicasWanted = wanted.replicas ?? longhorn.classReplicaCount;
  if (!Number.isInteger(replicasWanted) || replicasWanted < 1 || replicasWanted > 20) {
    throw new VolumeError(
      `failed to provision volume with StorageClass "longhorn": invalid numberOfReplicas ${replicasWanted}`,
    );
  }
  await cluster.world.clock.sleep(DURATIONS.volumeProvision);
  const uid = pseudoRandom(cluster.state.id, wanted.claim, cluster.world.nextId("claim"));
  const volume: LonghornVolume = {
    name:
      wanted.name ??
      `pvc-${uid.slice(0, 8)}-${uid.slice(8, 12)}-${uid.slice(12, 16)}-${uid.slice(16, 20)}-${uid.slice(20, 32)}`,
    claim: wanted.claim,
    // Sizes are rounded up to 2 MiB (longhorn-manager util/util.go, RoundUpSize).
    sizeBytes: Math.max(10 * MIB, Math.ceil(wanted.sizeBytes / (2 * MIB)) * 2 * MIB),
    reclaimPolicy: longhorn.reclaimPolicy,
    replicasWanted,
    replicas: [],
    robustness: "unknown",
    files: {},
  };
  const lacking = placeReplicas(cluster, longhorn, volume, wanted);
  const degradedAllowed = longhorn.settings["allow-volume-creation-with-degraded-availability"] !== "false";
  if (volume.replicas.length === 0 || (lacking && !degradedAllowed)) {
    throw new VolumeError(`volume ${volume.name} (${wanted.claim}): ${lacking ?? "no replica"}`);
  }
  longhorn.volumes[volume.name] = volume;
  assess(cluster, volume);
  const on = volume.replicas.map((replica) => replica.node).join(", ");
  cluster.world.note({
    kind: "volume-created",
    subject: volume.name,
    severity: lacking ? "warning" : "info",
    text: `${volume.name} for ${volume.claim}: ${volume.replicas.length} of ${replicasWanted} replicas, on ${on}${lacking ? ` (${lacking})` : ""}`,
    detail: { claim: volume.claim, wanted: replicasWanted, placed: volume.replicas.length },
  });
  return volume;
}

export async function attachVolume(cluster: Cluster, name: string, nodeName: string): Promise<void> {
  const longhorn = longhornOf(cluster);
  const volume = volumeNamed(cluster, name);
  if (volume.attachedTo === nodeName) return;
  if (volume.attachedTo !== undefined) {
    throw new VolumeError(
      `Multi-Attach error for volume "${name}" Volume is already exclusively attached to one node and can't be attached to another`,
    );
  }
  const node = cluster.state.nodes[nodeName];
  if (!node) throw new VolumeError(`node ${nodeName} not found`);
  const host = cluster.hosts(node.vmId);
  const problem = managerProblem(host, longhorn.disks[nodeName]?.path ?? longhorn.dataPath);
  if (problem || !systemPodsFit(node, longhorn.settings)) {
    throw new VolumeError(
      `AttachVolume.Attach failed for volume "${name}": node ${nodeName} is not ready for Longhorn: ${problem ?? "its taints keep the instance manager away"}`,
    );
  }
  reassess(cluster, volume);
  if (volume.robustness === "faulted")
    throw new VolumeError(`AttachVolume.Attach failed for volume "${name}": volume is faulted`);
  await cluster.world.clock.sleep(DURATIONS.volumeAttach);
  host.attachIscsi({ name, sizeBytes: volume.sizeBytes });
  volume.attachedTo = nodeName;
  cluster.world.note({
    kind: "volume-attached",
    subject: name,
    text: `${name} is an iSCSI disk of ${volume.sizeBytes} bytes on ${nodeName}`,
    detail: { node: nodeName, sizeBytes: volume.sizeBytes },
  });
  if (!volume.files["/"]) {
    await cluster.world.clock.sleep(DURATIONS.volumeFormat);
    volume.files["/"] = { ...ROOT_DIRECTORY };
  }
}

export async function detachVolume(cluster: Cluster, name: string): Promise<void> {
  const volume = volumeNamed(cluster, name);
  const node = volume.attachedTo === undefined ? undefined : cluster.state.nodes[volume.attachedTo];
  if (volume.attachedTo === undefined) return;
  await cluster.world.clock.sleep(DURATIONS.volumeDetach);
  if (node && cluster.hosts(node.vmId).isUp()) cluster.hosts(node.vmId).detachIscsi(name);
  cluster.world.note({
    kind: "volume-detached",
    subject: name,
    text: `${name} is detached from ${volume.attachedTo}`,
  });
  delete volume.attachedTo;
}

export function readFile(cluster: Cluster, name: string, path: string): VolumeFile | undefined {
  return volumeNamed(cluster, name).files[path];
}

export function writeFile(cluster: Cluster, name: string, path: string, file: VolumeFile): void {
  const volume = volumeNamed(cluster, name);
  if (volume.attachedTo === undefined) throw new VolumeError(`volume ${name} is not attached`);
  volume.files[path] = file;
}

export async function deleteVolume(cluster: Cluster, name: string): Promise<void> {
  const longhorn = longhornOf(cluster);
  const volume = volumeNamed(cluster, name);
  await detachVolume(cluster, name);
  for (const replica of volume.replicas) removeReplicaFiles(cluster, longhorn, replica);
  delete longhorn.volumes[name];
  cluster.world.note({
    kind: "volume-deleted",
    subject: name,
    text: `${name} (${volume.claim}) and its replicas are deleted`,
  });
}

export function volumeNamed(cluster: Cluster, name: string): LonghornVolume {
  const volume = longhornOf(cluster).volumes[name];
  if (!volume) throw new VolumeError(`volume ${name} not found`);
  return volume;
}

export function volumeOfClaim(cluster: Cluster, claim: string): LonghornVolume | undefined {
  return Object.values(cluster.state.longhorn?.volumes ?? {}).find((volume) => volume.claim === claim);
}

/** Looks again which replicas are there; a volume without a living one has lost its data for as long as that lasts. */
export function reassess(cluster: Cluster, volume: LonghornVolume): void {
  const longhorn = longhornOf(cluster);
  for (const replica of volume.replicas) {
    const alive = replicaAlive(cluster, longhorn, replica);
    if (replica.healthy && !alive) {
      cluster.world.note({
        kind: "replica-lost",
        subject: volume.name,
        severity: "warning",
        text: `the replica of ${volume.name} on ${replica.node} is not there`,
        detail: { node: replica.node, diskId: replica.diskId },
      });
      replica.healthy = false;
    }
  }
  assess(cluster, volume);
}

function assess(cluster: Cluster, volume: LonghornVolume): void {
  const healthy = volume.replicas.filter((replica) => replica.healthy).length;
  const before = volume.robustness;
  volume.robustness = healthy === 0 ? "faulted" : healthy < volume.replicasWanted ? "degraded" : "healthy";
  if (volume.robustness === "faulted" && before !== "faulted") {
    cluster.world.note({
      kind: "replica-lost",
      subject: volume.name,
      severity: "catastrophe",
      text: `${volume.name} (${volume.claim}) has no replica left`,
    });
  }
}

/** After a node came back or went for good: what can be rebuilt from a living replica is rebuilt, in simulated time. */
export async function rebuildReplicas(cluster: Cluster): Promise<void> {
  const longhorn = longhornOf(cluster);
  for (const volume of Object.values(longhorn.volumes)) {
    reassess(cluster, volume);
    const source = volume.replicas.find(
      (replica) => replica.healthy && replicaAlive(cluster, longhorn, replica),
    );
    if (!source) continue;
    // A replica whose directory is back is brought up to date; one that is gone for good is replaced.
    const returned = volume.replicas.filter(
      (replica) => !replica.healthy && replicaAlive(cluster, longhorn, replica),
    );
    volume.replicas = volume.replicas.filter((replica) => replica.healthy || returned.includes(replica));
    const known = new Set(volume.replicas.map((replica) => replica.id));
    const leaving = volume.replicas.filter(({ node }) => longhorn.evicting?.includes(node));
    // A replica that is to leave stays until another has its data (replica_controller.go, evictReplica).
    placeReplicas(cluster, longhorn, {
      ...volume,
      replicas: volume.replicas,
      replicasWanted: volume.replicasWanted + leaving.length,
    });
    const rebuilt = volume.replicas.filter((replica) => returned.includes(replica) || !known.has(replica.id));
    for (const replica of rebuilt) {
      await cluster.world.clock.sleep((volume.sizeBytes / 1024 ** 3) * DURATIONS.rebuildPerGiB);
      replica.healthy = true;
      cluster.world.note({
        kind: "replica-rebuilt",
        subject: volume.name,
        text: `${volume.name} is rebuilt on ${replica.node}`,
      });
    }
    const spare = Math.max(0, volume.replicas.length - volume.replicasWanted);
    for (const replica of leaving.slice(0, spare)) {
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
}
