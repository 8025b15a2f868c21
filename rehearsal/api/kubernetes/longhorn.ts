/** Longhorn's custom resources as the API shows them (longhorn-manager k8s/pkg/apis/longhorn/v1beta2), as far as anybody goes by them. */
import type { Cluster } from "../../world/kubernetes/cluster.ts";
import type { LonghornReplica, LonghornState, LonghornVolume } from "../../world/longhorn/state.ts";
import { managerProblem, storageNodes } from "../../world/longhorn/nodes.ts";
import { reassess, replicaMode, shownRobustness } from "../../world/longhorn/volumes/copies.ts";
import { reservedOf } from "../../world/longhorn/volumes/placement.ts";
import { resourceVersion, timestamp, uidOf, type ApiObject } from "./objects.ts";

export const LONGHORN_VERSION = "longhorn.io/v1beta2";

type View = (cluster: Cluster, longhorn: LonghornState) => ApiObject[];

/** By resource name: the kind, and every object of it. */
export const LONGHORN_RESOURCES: Record<string, { kind: string; all: View }> = {
  volumes: {
    kind: "Volume",
    all: (cluster, longhorn) =>
      volumesOf(cluster, longhorn).map((volume) => volumeView(cluster, longhorn, volume)),
  },
  replicas: {
    kind: "Replica",
    all: (cluster, longhorn) =>
      volumesOf(cluster, longhorn).flatMap((volume) =>
        volume.replicas.map((replica) => replicaView(cluster, longhorn, volume, replica)),
      ),
  },
  engines: {
    kind: "Engine",
    all: (cluster, longhorn) =>
      volumesOf(cluster, longhorn).map((volume) => engineView(cluster, longhorn, volume)),
  },
  nodes: {
    kind: "Node",
    all: (cluster, longhorn) => Object.keys(longhorn.disks).map((name) => nodeView(cluster, longhorn, name)),
  },
  settings: {
    kind: "Setting",
    all: (cluster, longhorn) =>
      Object.entries({ ...longhorn.settings, "current-longhorn-version": `v${longhorn.version}` }).map(
        ([name, value]) => ({
          ...object(cluster, longhorn, "Setting", name),
          value,
          status: { applied: true },
        }),
      ),
  },
};

function volumesOf(cluster: Cluster, longhorn: LonghornState): LonghornVolume[] {
  const volumes = Object.values(longhorn.volumes);
  for (const volume of volumes) reassess(cluster, volume);
  return volumes;
}

function object(
  cluster: Cluster,
  { namespace }: LonghornState,
  kind: string,
  name: string,
  labels: Record<string, string> = {},
): ApiObject {
  return {
    apiVersion: LONGHORN_VERSION,
    kind,
    metadata: {
      name,
      namespace,
      uid: uidOf(cluster, kind, name),
      resourceVersion: resourceVersion(cluster),
      labels,
    },
  };
}

function volumeView(cluster: Cluster, longhorn: LonghornState, volume: LonghornVolume): ApiObject {
  const { name, attachedTo = "" } = volume;
  const [namespace = "", pvcName = ""] = volume.claim.split("/");
  const users = Object.values(cluster.state.pods).filter((pod) => pod.volumes.includes(name));
  return {
    ...object(cluster, longhorn, "Volume", name),
    spec: {
      accessMode: "rwo",
      dataEngine: "v1",
      dataLocality: "disabled",
      frontend: "blockdev",
      nodeID: attachedTo,
      numberOfReplicas: volume.replicasWanted,
      size: String(volume.sizeBytes),
      staleReplicaTimeout: 30,
    },
    status: {
      state: attachedTo ? "attached" : "detached",
      robustness: shownRobustness(volume),
      currentNodeID: attachedTo,
      ownerID: attachedTo,
      currentImage: `longhornio/longhorn-engine:v${volume.engineVersion ?? longhorn.version}`,
      actualSize: volume.sizeBytes,
      lastDegradedAt: volume.degradedAt === undefined ? "" : timestamp(volume.degradedAt),
      kubernetesStatus: {
        namespace,
        pvcName,
        pvName: name,
        pvStatus: volume.released ? "Released" : "Bound",
        workloadsStatus: users.map((pod) => ({
          podName: pod.name,
          podStatus: { running: "Running", pending: "Pending", failed: "Failed" }[pod.phase],
          workloadName: pod.name.replace(/-[^-]+$/, ""),
          workloadType: "ReplicaSet",
        })),
      },
      conditions: [
        {
          type: "Scheduled",
          status: volume.replicas.length < volume.replicasWanted ? "False" : "True",
          reason: volume.replicas.length < volume.replicasWanted ? "ReplicaSchedulingFailure" : "",
        },
      ],
    },
  };
}

/** A replica that is being rebuilt runs and has not failed; that it is no copy yet, only its engine's mode `WO` tells. */
function replicaView(
  cluster: Cluster,
  longhorn: LonghornState,
  volume: LonghornVolume,
  replica: LonghornReplica,
): ApiObject {
  const failed = !replica.healthy && !replica.rebuild;
  const running = volume.attachedTo !== undefined && !failed;
  return {
    ...object(cluster, longhorn, "Replica", replica.id, {
      longhornvolume: volume.name,
      "longhorn.io/node": replica.node,
    }),
    spec: {
      active: true,
      dataDirectoryName: replica.id,
      desireState: volume.attachedTo === undefined ? "stopped" : "running",
      diskID: replica.diskId,
      diskPath: longhorn.disks[replica.node]?.path ?? longhorn.dataPath,
      engineName: `${volume.name}-e-0`,
      failedAt: failed ? timestamp(replica.failedAt ?? 0) : "",
      healthyAt: replica.healthy ? timestamp(0) : "",
      nodeID: replica.node,
      volumeName: volume.name,
      volumeSize: String(volume.sizeBytes),
    },
    status: {
      currentState: running ? "running" : failed ? "error" : "stopped",
      evictionRequested: longhorn.evicting?.includes(replica.node) ?? false,
      ownerID: replica.node,
      started: running,
    },
  };
}

function engineView(cluster: Cluster, longhorn: LonghornState, volume: LonghornVolume): ApiObject {
  const { name, attachedTo = "" } = volume;
  const modes = volume.replicas.map((replica) => [replica.id, replicaMode(volume, replica)] as const);
  return {
    ...object(cluster, longhorn, "Engine", `${name}-e-0`, { longhornvolume: name }),
    spec: {
      active: true,
      desireState: attachedTo ? "running" : "stopped",
      nodeID: attachedTo,
      volumeName: name,
      volumeSize: String(volume.sizeBytes),
    },
    status: {
      currentState: attachedTo ? "running" : "stopped",
      endpoint: attachedTo ? `/dev/longhorn/${name}` : "",
      ownerID: attachedTo,
      replicaModeMap: attachedTo ? Object.fromEntries(modes) : {},
    },
  };
}

function nodeView(cluster: Cluster, longhorn: LonghornState, name: string): ApiObject {
  const disk = longhorn.disks[name]!;
  const node = cluster.state.nodes[name];
  const usable = storageNodes(cluster, longhorn).find((each) => each.node.name === name);
  const problem = node ? managerProblem(cluster.hosts(node.vmId), disk.path) : "the node is gone";
  const evicting = longhorn.evicting?.includes(name) ?? false;
  const id = `default-disk-${disk.diskId}`;
  const sizeBytes = usable?.on.sizeBytes ?? 0;
  const scheduled = Object.values(longhorn.volumes).flatMap((volume) =>
    volume.replicas
      .filter((replica) => replica.node === name)
      .map((replica) => [replica.id, volume.sizeBytes] as const),
  );
  const condition = (type: string, fine: boolean, reason: string, message = "") => ({
    type,
    status: fine ? "True" : "False",
    reason: fine ? "" : reason,
    message: fine ? "" : message,
  });
  return {
    ...object(cluster, longhorn, "Node", name),
    spec: {
      name,
      allowScheduling: !(longhorn.closed?.includes(name) ?? false),
      evictionRequested: evicting,
      disks: {
        [id]: {
          path: disk.path,
          allowScheduling: true,
          evictionRequested: false,
          diskType: "filesystem",
          storageReserved: reservedOf(longhorn, sizeBytes),
        },
      },
    },
    status: {
      conditions: [
        condition("Ready", problem === undefined, "ManagerPodDown", problem),
        condition(
          "Schedulable",
          node?.unschedulable !== true,
          "KubernetesNodeCordoned",
          `Node ${name} is cordoned`,
        ),
      ],
      diskStatus: {
        [id]: {
          diskUUID: disk.diskId,
          diskPath: disk.path,
          storageMaximum: sizeBytes,
          storageScheduled: scheduled.reduce((sum, [, size]) => sum + size, 0),
          scheduledReplica: Object.fromEntries(scheduled),
          conditions: [condition("Ready", usable !== undefined, "NodeNotReady", problem)],
        },
      },
    },
  };
}
