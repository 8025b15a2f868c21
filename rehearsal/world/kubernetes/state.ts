/** State of one simulated Kubernetes cluster: what etcd would hold, and what runs. Plain JSON, as `kernel/state.ts`. */
export interface ClusterState {
  /** From the cluster's secrets. */
  id: string;
  name: string;
  /** Fingerprint of the secrets that a machine must share to belong to it. */
  membership?: string;
  /** Simulated time of the first `bootstrap`, and the machine that got it. */
  bootstrappedAt?: number;
  bootstrappedOn?: number;
  /** etcd members by member id. Quorum is counted over these. */
  etcd: Record<string, EtcdMember>;
  /** Member id of the leader that was last elected, and how many elections there were. */
  leader?: string;
  raftTerm?: number;
  kubernetesVersion: string;
  /** Simulated time from which the API server answers; absent before bootstrap. */
  apiUpAt?: number;
  /** The `apiUpAt` that is already on record. */
  reportedUpAt?: number;
  nodes: Record<string, KubernetesNode>;
  namespaces: Record<string, { labels: Record<string, string>; createdAt: number }>;
  /** Helm releases, by `namespace/name`. */
  releases: Record<string, ReleaseState>;
  /** Other objects (Jobs, claims ...), by `apiVersion/kind/namespace/name`. */
  objects: Record<string, KubernetesObject>;
  longhorn?: LonghornState;
  /** Running pods that matter to the physics, by `namespace/name`. */
  pods: Record<string, PodState>;
  /** Releases that had a running pod and have none now, by `namespace/name`: since when. */
  away?: Record<string, number>;
}

export interface EtcdMember {
  vmId: number;
  joinedAt: number;
  /** The hostname. */
  name?: string;
  /** Where it was when it joined: its member stays in the list when the machine has gone. */
  address?: string;
  /** It follows without a vote until it has caught up. */
  learner?: boolean;
}

export interface KubernetesNode {
  /** The hostname. */
  name: string;
  vmId: number;
  address: string;
  controlPlane: boolean;
  labels: Record<string, string>;
  taints: string[];
  unschedulable: boolean;
  /** Simulated time from which the node is Ready. */
  readyAt: number;
  /** The `readyAt` that is already on record. */
  reportedReadyAt?: number;
  /** Talos's own mark: what it cordoned itself it also opens again (annotation talos.dev/cordoned). */
  cordonedByTalos?: boolean;
  /** Simulated time since which nothing runs on it; absent while it is up. */
  downSince?: number;
  /** When it was opened to new pods again. */
  uncordonedAt?: number;
  /** What its kubelet last said of its machine. */
  report?: { bootId: string; talosVersion: string; schematicId: string };
  /** The kubelet that runs, or last ran. */
  kubelet?: {
    version: string;
    /** Why it cannot work with the API server, when it cannot; the node is then not Ready. */
    skew?: string;
  };
}

export interface ReleaseState {
  namespace: string;
  name: string;
  chart: string;
  version: string;
  repository: string;
  /** The values as given. Never holds a secret in this project. */
  values: Record<string, unknown>;
  status: "deployed" | "failed" | "uninstalling";
  revision: number;
  installedAt: number;
  reason?: string;
}

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  namespace?: string;
  name: string;
  body: Record<string, unknown>;
  createdAt: number;
}

export interface PodState {
  namespace: string;
  name: string;
  node: string;
  hostNetwork: boolean;
  hostPorts: number[];
  /** Longhorn volumes mounted by it. */
  volumes: string[];
  phase: "running" | "failed" | "pending";
  reason?: string;
  startedAt: number;
  /** Helm release that owns it, `namespace/name`. */
  release?: string;
  /** Fingerprint of the pod template it was made from: another one means that a rollout replaces it. */
  template?: string;
  /** What Traefik made of each certificate resolver when it started: undefined text means that it works. */
  resolvers?: Record<string, { working: boolean; reason?: string; issuers?: string[] }>;
  /** Of a pod that lost its node or was evicted: what it waits for. Its controller brings it up again. */
  waiting?: Waiting;
}

export interface Waiting {
  since: number;
  /** The node that it is still bound to, and returns to: it was not evicted, its node went down under it. */
  bound?: string;
  /** Not to be tried before. */
  tryAt: number;
  /** How often its container has failed. */
  failures: number;
  /** Placed and starting: the time at which it is ready, or fails. */
  readyAt?: number;
  /** The silent node that still counts as holding its volumes, and when they are taken from it. */
  held?: { by: string; until: number };
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

export interface VolumeFile {
  content: string;
  uid: number;
  gid: number;
  /** Octal text, e.g. `0600`. */
  mode: string;
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
