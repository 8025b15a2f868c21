/** What Longhorn keeps in a cluster: its settings, disks and volumes. */
import type { VolumeFile } from "../kubernetes/state.ts";

declare module "../kernel/state.ts" {
  interface Faults {
    /** Replicas that were lost are not rebuilt. Subject: name of the Longhorn volume, or `*`. */
    "volume-does-not-heal": true;
  }
}

declare module "../talos/etcd/state.ts" {
  interface ClusterState {
    longhorn?: LonghornState;
  }
}

export interface LonghornState {
  version: string;
  namespace: string;
  release: string;
  dataPath: string;
  storageClass: string;
  /** Parameters of its class, as text. */
  classParameters?: Record<string, string>;
  /** For volumes that claims make. */
  classReplicaCount: number;
  /** For volumes that its UI makes. */
  defaultReplicaCount: number;
  softAntiAffinity: boolean;
  nodeDrainPolicy: string;
  deletingConfirmation: boolean;
  /** Whether its class is the cluster's default one. */
  defaultClass: boolean;
  reclaimPolicy: string;
  /** Every setting in force by its kebab-case name, as text. */
  settings: Record<string, string>;
  /** What the manager said of settings it could not use, and of nodes that lack something. */
  warnings: string[];
  /** The default disk of each Longhorn node, as it was when the node joined; a later setting does not move it. */
  disks: Record<string, { path: string; diskId: string }>;
  volumes: Record<string, LonghornVolume>;
  /** Nodes that replicas are asked to leave (their spec.evictionRequested). */
  evicting?: string[];
  /** Nodes that get no new ones: their spec.allowScheduling is false, or is not there at all. */
  closed?: string[];
}

export interface LonghornVolume {
  name: string;
  /** The claim, `namespace/name`. */
  claim: string;
  /** Whether that claim is gone, and the volume was kept. */
  released?: true;
  sizeBytes: number;
  /** Its filesystem. Default: ext4. */
  fsType?: string;
  /** The class's reclaim policy when the claim was made. */
  reclaimPolicy?: string;
  /** Its engine's, which an upgrade of Longhorn leaves as it is (setting concurrent-automatic-engine-upgrade-per-node-limit 0). */
  engineVersion?: string;
  replicasWanted: number;
  replicas: LonghornReplica[];
  /** Node it is attached to, if it is. */
  attachedTo?: string;
  robustness: "healthy" | "degraded" | "faulted" | "unknown";
  /** Since when copies are missing. */
  degradedAt?: number;
  /** When it was attached last. */
  attachedAt?: number;
  /** Since when no copy of it answers. */
  unreadableSince?: number;
  /** The volume's filesystem, by path: content, owner and mode, e.g. `/acme.json`. */
  files: Record<string, VolumeFile>;
}

export interface LonghornReplica {
  id: string;
  node: string;
  /** The disk it really lies on, by the world's disk id: the path resolved in the host's mount namespace. */
  diskId: string;
  /** True when it lies on a Talos system disk (EPHEMERAL), which this project exists to prevent. */
  onSystemDisk: boolean;
  healthy: boolean;
  /** Since when it is no copy any more. */
  failedAt?: number;
  /** It is being brought up to date. */
  rebuild?: { startedAt: number; doneAt: number };
}
