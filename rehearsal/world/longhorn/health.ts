/** What the checks ask of Longhorn: how its volumes are, and where their data really lies. */
import type { Cluster } from "../kubernetes/cluster.ts";
import { managerNodes, managerProblem, storageNodes, trimProblem } from "./nodes.ts";
import { readValues } from "./chart/values.ts";
import { healthyCopies, reassess } from "./volumes/copies.ts";

export interface LonghornHealth {
  installed: boolean;
  version?: string;
  dataPath?: string;
  storageClass?: string;
  classReplicaCount?: number;
  defaultReplicaCount?: number;
  hardAntiAffinity?: boolean;
  /** Nodes that hold, or could hold, replicas. */
  nodes: { name: string; diskId: string; onSystemDisk: boolean; mountPoint: string; sizeBytes: number }[];
  volumes: {
    name: string;
    claim: string;
    sizeBytes: number;
    robustness: string;
    replicasWanted: number;
    attachedTo?: string;
    replicas: { node: string; diskId: string; onSystemDisk: boolean; healthy: boolean }[];
  }[];
  anyOnSystemDisk: boolean;
  /** Everything that is not as it should be, in words. */
  problems: string[];
}

export function health(cluster: Cluster): LonghornHealth {
  const { longhorn } = cluster.state;
  if (!longhorn)
    return {
      installed: false,
      nodes: [],
      volumes: [],
      anyOnSystemDisk: false,
      problems: ["Longhorn is not installed"],
    };
  const problems = [...longhorn.warnings];
  const nodes = storageNodes(cluster, longhorn).map(({ node, on }) => ({
    name: node.name,
    diskId: on.diskId,
    onSystemDisk: on.onSystemDisk,
    mountPoint: on.mountPoint,
    sizeBytes: on.sizeBytes,
  }));
  for (const { name, onSystemDisk } of nodes) {
    if (onSystemDisk) problems.push(`the data path ${longhorn.dataPath} lies on the system disk of ${name}`);
  }
  const values = readValues(cluster.state.releases[longhorn.release]?.values ?? {});
  for (const node of managerNodes(cluster, values)) {
    const host = cluster.hosts(node.vmId);
    const registered = longhorn.disks[node.name];
    const broken = managerProblem(host, registered?.path ?? longhorn.dataPath);
    if (broken) problems.push(`longhorn-manager on ${node.name}: ${broken}`);
    else if (registered && host.resolve(registered.path).diskId !== registered.diskId) {
      problems.push(`the disk of ${node.name} at ${registered.path} is not the one that Longhorn registered`);
    }
    const trim = trimProblem(host);
    if (trim) problems.push(`${node.name}: ${trim}`);
  }
  const volumes = Object.values(longhorn.volumes).map((volume) => {
    reassess(cluster, volume);
    const healthy = healthyCopies(volume);
    if (volume.robustness !== "healthy") {
      problems.push(
        `volume ${volume.name} (${volume.claim}) is ${volume.robustness}: ${healthy} of ${volume.replicasWanted} replicas`,
      );
    }
    for (const replica of volume.replicas.filter((each) => each.onSystemDisk)) {
      problems.push(`a replica of ${volume.claim} lies on the system disk of ${replica.node}`);
    }
    return {
      name: volume.name,
      claim: volume.claim,
      sizeBytes: volume.sizeBytes,
      robustness: volume.robustness,
      replicasWanted: volume.replicasWanted,
      ...(volume.attachedTo === undefined ? {} : { attachedTo: volume.attachedTo }),
      replicas: volume.replicas.map(({ node, diskId, onSystemDisk, healthy: well }) => ({
        node,
        diskId,
        onSystemDisk,
        healthy: well,
      })),
    };
  });
  if (longhorn.classReplicaCount > nodes.length) {
    problems.push(
      `storage class ${longhorn.storageClass} asks for ${longhorn.classReplicaCount} replicas, ${nodes.length} nodes have storage`,
    );
  }
  return {
    installed: true,
    version: longhorn.version,
    dataPath: longhorn.dataPath,
    storageClass: longhorn.storageClass,
    classReplicaCount: longhorn.classReplicaCount,
    defaultReplicaCount: longhorn.defaultReplicaCount,
    hardAntiAffinity: !longhorn.softAntiAffinity,
    nodes,
    volumes,
    anyOnSystemDisk:
      nodes.some(({ onSystemDisk }) => onSystemDisk) ||
      volumes.some((volume) => volume.replicas.some(({ onSystemDisk }) => onSystemDisk)),
    problems: [...new Set(problems)],
  };
}
