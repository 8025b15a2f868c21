/** State of one simulated Kubernetes cluster: what etcd would hold, and what runs. Plain JSON, as `kernel/state.ts`. */
declare module "../talos/etcd/state.ts" {
  interface ClusterState {
    kubernetesVersion: string;
    nodes: Record<string, KubernetesNode>;
    namespaces: Record<string, { labels: Record<string, string>; createdAt: number }>;
    /** Helm releases, by `namespace/name`. */
    releases: Record<string, ReleaseState>;
    /** Other objects (Jobs, claims ...), by `apiVersion/kind/namespace/name`. */
    objects: Record<string, KubernetesObject>;
    /** Running pods that matter to the physics, by `namespace/name`. */
    pods: Record<string, PodState>;
    /** Releases that had a running pod and have none now, by `namespace/name`: since when. */
    away?: Record<string, number>;
  }
}

export type { ClusterState } from "../talos/etcd/state.ts";

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

export interface VolumeFile {
  content: string;
  uid: number;
  gid: number;
  /** Octal text, e.g. `0600`. */
  mode: string;
}
