/**
 * What Kubernetes asks of a storage system, much as of a CSI driver: volumes for claims, on the node where the pod is. And what it
 * tells it: which nodes stop, are drained or are gone.
 */
import type { Cluster, HeldCluster } from "./cluster.ts";
import type { ClusterState, KubernetesNode, VolumeFile } from "./state.ts";

declare module "../kernel/world.ts" {
  interface Systems {
    storage: Storage;
  }
}

/** Why a volume cannot be had. */
export class VolumeError extends Error {}

export interface Volume {
  name: string;
  sizeBytes: number;
  /** Its filesystem. Default: ext4. */
  fsType?: string;
  /** Node it is attached to, if it is. */
  attachedTo?: string;
  /** The volume's filesystem, by path: content, owner and mode, e.g. `/acme.json`. */
  files: Record<string, VolumeFile>;
}

export interface Storage {
  /** @param claim `namespace/name`. */
  volumeOfClaim(cluster: Cluster, claim: string): Volume | undefined;
  /** Attaches it and makes its filesystem where there is none yet. Throws `VolumeError`. */
  attach(cluster: Cluster, volume: string, node: string): Promise<void>;
  /** Why a volume cannot be attached there now. */
  attachProblem(cluster: Cluster, volume: string, node: string): string | undefined;
  /** It is attached from now on. */
  connect(cluster: Cluster, volume: string, node: string): void;
  /** A volume that is not there, or not attached, is left alone. */
  detach(cluster: Cluster, volume: string): Promise<void>;
  /** The claims of a namespace go with it. */
  deleteClaims(cluster: Cluster, namespace: string): Promise<void>;
  /** Why a namespace cannot go. */
  namespaceKept(cluster: Cluster, namespace: string): string | undefined;
  /** What the eviction of the last pods of a node answers, for as long as it does. */
  drainBlockedBy(cluster: Cluster, node: string): string | undefined;
  /** Everything that has left a drained node. */
  drained(cluster: Cluster, node: KubernetesNode): void;
  /** The node is about to stop; its pods still run. */
  stopping(cluster: HeldCluster, node: KubernetesNode): void;
  /** Its pods have stopped. */
  stopped(cluster: HeldCluster, node: KubernetesNode): void;
  /** The node object is about to be deleted; its pods are gone. */
  releaseNode(cluster: Cluster, node: string): Promise<void>;
  /** The node object is gone. */
  forgetNode(cluster: Cluster, node: string): void;
  /** Times at which something may be due. */
  due(cluster: Cluster): Iterable<number | undefined>;
  /** Lets happen what is due by now. */
  settle(cluster: Cluster): void;
  /** A cluster came back from a snapshot in the place of another. */
  restored(cluster: ClusterState, former: ClusterState): void;
}
