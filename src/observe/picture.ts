/**
 * The cluster as an upgrade sees it: plain data, read from Talos's and Kubernetes' APIs, for decisions that are made
 * without either.
 */

/** A part of the cluster that was looked at, or why it could not be. */
export type Seen<T> = { seen: T } | { unseen: string };

/** For the user: which part of the cluster it is that could not be looked at. */
export function unanswered(who: "etcd" | "the Kubernetes API", { unseen }: { unseen: string }): string {
  return `${who} does not answer: ${unseen}`;
}

/** What a node says of itself by Talos's API, asked with the cluster's own credentials. */
export type TalosNode =
  | {
      name: string;
      state: "configured";
      /** With the leading `v`. */
      talosVersion: string;
      /** Talos's word for what the machine is at: `running`, `booting`, `upgrading` and so on. */
      stage: string;
      /** Why Talos does not call the machine ready; empty when it does. */
      unmet: string[];
    }
  /** It boots, but has no machine config of this cluster, so it is no member of it. */
  | { name: string; state: "unconfigured" }
  | { name: string; state: "silent"; reason: string };

/** What the image on a node's disk holds. */
export interface RunningImage {
  /** Undefined for an image that no factory made. */
  schematicId: string | undefined;
  /** Names without a vendor, as the extensions call themselves. */
  extensions: string[];
}

/** The phase of a user volume, `ready` when it can be mounted; undefined when there is none. */
export type VolumePhase = string | undefined;

export interface EtcdMember {
  id: string;
  hostname: string;
  learner: boolean;
}

/** What a member says of itself. */
export interface EtcdStatus {
  /** Address that was asked. */
  address: string;
  member: string;
  /** Id of the member that it takes for the leader. */
  leader: string;
  learner: boolean;
  errors: string;
}

export interface EtcdAlarm {
  member: string;
  alarm: string;
}

export interface Etcd {
  members: EtcdMember[];
  statuses: EtcdStatus[];
  alarms: EtcdAlarm[];
}

export interface KubernetesNode {
  name: string;
  ready: boolean;
  cordoned: boolean;
  /** Talos marks its own cordons, and takes only those back (its NodeApplyController). */
  cordonedByTalos: boolean;
  /** E.g. `Talos (v1.12.0)`. */
  osImage: string;
  /** The image's schematic, which Talos writes to the node as an annotation; undefined until it has. */
  schematicId: string | undefined;
  /** With a leading `v`. */
  kubeletVersion: string;
}

export interface StorageVolume {
  name: string;
  /** `namespace/claim`, for a volume that has one. */
  claim: string | undefined;
  /** `attached`, `detached`, or on the way. */
  state: string;
  /** `healthy`, `degraded`, `faulted`, or `unknown` while detached. */
  robustness: string;
  /** How many copies it wants. */
  copies: number;
}

export interface StorageReplica {
  volume: string;
  node: string;
  /** Whole, and not given up. */
  healthy: boolean;
}

/** Longhorn's; both empty where it is not installed. */
export interface Storage {
  volumes: StorageVolume[];
  replicas: StorageReplica[];
}

export interface Picture {
  /** Of the declared nodes. */
  machines: TalosNode[];
  etcd: Seen<Etcd>;
  /** All that Kubernetes knows, declared or not. */
  nodes: Seen<KubernetesNode[]>;
  storage: Seen<Storage>;
}

/** A node as it answers after the step. */
export interface NodeReport {
  machine: TalosNode;
  image: Seen<RunningImage>;
  /** Of the data volume; not looked at on a node without a data disk. */
  dataVolume?: Seen<VolumePhase>;
  kubernetes: Seen<KubernetesNode | undefined>;
}
