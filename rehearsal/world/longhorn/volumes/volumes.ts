/** Longhorn volumes: made by claims, attached to one node at a time as an iSCSI disk, read and written, rebuilt, deleted. */
import { type Cluster, pseudoRandom } from "../../kubernetes/cluster.ts";
import { DURATIONS } from "../../kubernetes/durations.ts";
import { ROOT_DIRECTORY } from "../../kubernetes/pods/mounts.ts";
import type { LonghornVolume } from "../state.ts";
import type { VolumeFile } from "../../kubernetes/state.ts";
import { VolumeError } from "../../kubernetes/storage.ts";
import { longhornOf } from "../installed.ts";
import { assess, reassess } from "./copies.ts";
import { managerProblem, systemPodsFit } from "../nodes.ts";
import { placeReplicas, removeReplicaFiles, type PlacementOptions } from "./placement.ts";
import { formatProblem, provisioningProblem, replicasOf, tagProblem } from "./storage-class.ts";
import { MiB } from "../../kernel/units.ts";

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
  const parameters: Record<string, string> = {
    ...(longhorn.classParameters ?? { numberOfReplicas: String(longhorn.classReplicaCount) }),
    ...(wanted.replicas !== undefined && { numberOfReplicas: String(wanted.replicas) }),
  };
  // Sizes are rounded up to 2 MiB (longhorn-manager util/util.go, RoundUpSize).
  const sizeBytes = Math.max(10 * MiB, Math.ceil(wanted.sizeBytes / (2 * MiB)) * 2 * MiB);
  const refused = provisioningProblem(parameters, longhorn.settings, sizeBytes);
  if (refused !== undefined)
    throw new VolumeError(`failed to provision volume with StorageClass "longhorn": ${refused}`);
  const replicasWanted = replicasOf(parameters, longhorn.settings);
  await cluster.world.clock.sleep(DURATIONS.volumeProvision);
  const uid = pseudoRandom(cluster.state.id, wanted.claim, cluster.world.nextId("claim"));
  const volume: LonghornVolume = {
    name:
      wanted.name ??
      `pvc-${uid.slice(0, 8)}-${uid.slice(8, 12)}-${uid.slice(12, 16)}-${uid.slice(16, 20)}-${uid.slice(20, 32)}`,
    claim: wanted.claim,
    sizeBytes,
    ...(parameters["fsType"] !== undefined && { fsType: parameters["fsType"] }),
    reclaimPolicy: longhorn.reclaimPolicy,
    engineVersion: longhorn.version,
    replicasWanted,
    replicas: [],
    robustness: "unknown",
    files: {},
  };
  const lacking = tagProblem(parameters) ?? placeReplicas(cluster, longhorn, volume, wanted);
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

/** Attaches it, and makes its filesystem where there is none yet: what failed then is tried again. */
export async function attachVolume(cluster: Cluster, name: string, nodeName: string): Promise<void> {
  const volume = volumeNamed(cluster, name);
  if (volume.attachedTo !== nodeName) await attach(cluster, volume, nodeName);
  if (volume.files["/"]) return;
  const unformatted = formatProblem(volume.fsType);
  if (unformatted !== undefined)
    throw new VolumeError(`MountVolume.MountDevice failed for volume "${name}": ${unformatted}`);
  await cluster.world.clock.sleep(DURATIONS.volumeFormat);
  volume.files["/"] = { ...ROOT_DIRECTORY };
}

async function attach(cluster: Cluster, volume: LonghornVolume, nodeName: string): Promise<void> {
  if (volume.attachedTo !== undefined) {
    throw new VolumeError(
      `Multi-Attach error for volume "${volume.name}" Volume is already exclusively attached to one node and can't be attached to another`,
    );
  }
  const problem = attachProblem(cluster, volume, nodeName);
  if (problem) throw new VolumeError(problem);
  await cluster.world.clock.sleep(DURATIONS.volumeAttach);
  connect(cluster, volume, nodeName);
}

/** Why a volume cannot be attached there now, by itself or by what the node lacks. */
export function attachProblem(
  cluster: Cluster,
  volume: LonghornVolume,
  nodeName: string,
): string | undefined {
  const longhorn = longhornOf(cluster);
  const failed = `AttachVolume.Attach failed for volume "${volume.name}":`;
  const node = cluster.state.nodes[nodeName];
  if (!node) return `node ${nodeName} not found`;
  const path = longhorn.disks[nodeName]?.path ?? longhorn.dataPath;
  const problem = managerProblem(cluster.hosts(node.vmId), path);
  if (problem || !systemPodsFit(node, longhorn.settings)) {
    return `${failed} node ${nodeName} is not ready for Longhorn: ${problem ?? "its taints keep the instance manager away"}`;
  }
  reassess(cluster, volume);
  return volume.robustness === "faulted" ? `${failed} volume is faulted` : undefined;
}

/** The volume's engine runs on a node, and is a disk there. */
export function connect(cluster: Cluster, volume: LonghornVolume, nodeName: string): void {
  const { name, sizeBytes } = volume;
  cluster.hosts(cluster.state.nodes[nodeName]!.vmId).attachIscsi({ name, sizeBytes });
  volume.attachedTo = nodeName;
  volume.attachedAt = cluster.world.clock.now();
  cluster.world.note({
    kind: "volume-attached",
    subject: name,
    text: `${name} is an iSCSI disk of ${sizeBytes} bytes on ${nodeName}`,
    detail: { node: nodeName, sizeBytes },
  });
}

export async function detachVolume(cluster: Cluster, name: string): Promise<void> {
  const volume = volumeNamed(cluster, name);
  if (volume.attachedTo === undefined) return;
  await cluster.world.clock.sleep(DURATIONS.volumeDetach);
  disconnect(cluster, volume);
}

/** The engine ends, in order or because its node went down. */
export function disconnect(cluster: Cluster, volume: LonghornVolume, why = ""): void {
  const { name, attachedTo } = volume;
  if (attachedTo === undefined) return; // its node went down meanwhile
  const node = cluster.state.nodes[attachedTo];
  if (node && cluster.hosts(node.vmId).isUp()) cluster.hosts(node.vmId).detachIscsi(name);
  delete volume.attachedTo;
  // A rebuild is the engine's work, and ends with it.
  for (const replica of volume.replicas) delete replica.rebuild;
  cluster.world.note({
    kind: "volume-detached",
    subject: name,
    text: `${name} is detached from ${attachedTo}${why}`,
    detail: { node: attachedTo },
  });
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
  // Nothing asks whether it is in use: the chart's uninstall Job runs with --force (chart templates/uninstall-job.yaml, longhorn-manager
  // controller/uninstall_controller.go, checkPreconditions), and the pod is left with a filesystem that answers with errors.
  for (const pod of Object.values(cluster.state.pods))
    if (pod.phase === "running" && pod.volumes.includes(name)) {
      const running = `${pod.namespace}/${pod.name}`;
      cluster.world.note({
        kind: "volume-pulled",
        subject: name,
        severity: "catastrophe",
        text: `volume ${name} of ${volume.claim} was deleted under ${running}, which runs on ${pod.node}`,
        detail: { pod: running, claim: volume.claim },
      });
    }
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
  const volumes = Object.values(cluster.state.longhorn?.volumes ?? {});
  return volumes.find((volume) => volume.claim === claim && !volume.released);
}
