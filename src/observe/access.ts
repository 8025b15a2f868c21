/** What an upgrade asks of the homelab and does to it: the one seam between its decisions and the world. */
import type { NodeConfig } from "../config/types.ts";
import type { Etcd, KubernetesNode, TalosNode, RunningImage, Storage, VolumePhase } from "./picture.ts";

/** What it takes to ask a node something. */
export type Reachable = Pick<NodeConfig, "name" | "address">;

/** Each call rejects with a message for the user when it fails; none waits for long, but for those with a time limit. */
export interface ClusterAccess {
  /** Version of the workstation's talosctl, with the leading `v`; rejects when there is none. */
  talosctlVersion(): Promise<string>;
  /** In one round; a node that does not answer is told of, not thrown. */
  machines(nodes: readonly Reachable[]): Promise<TalosNode[]>;
  image(node: NodeConfig): Promise<RunningImage>;
  dataVolume(node: NodeConfig): Promise<VolumePhase>;
  /** @param controlPlanes Those that should be members. */
  etcd(controlPlanes: readonly Reachable[]): Promise<Etcd>;
  kubernetesNodes(): Promise<KubernetesNode[]>;
  storage(): Promise<Storage>;

  /** Takes a snapshot and deletes those that are too many. */
  snapshot(node: NodeConfig, talosVersion: string): Promise<{ path: string; bytes: number }>;
  pull(node: NodeConfig, image: string): Promise<void>;
  forfeitLeadership(node: Reachable): Promise<void>;
  /** Its data is gone then, and its etcd stays down until the machine boots. */
  leaveEtcd(node: Reachable): Promise<void>;
  /** For a member that does not answer. @param member As etcd's status has it. */
  removeEtcdMember(via: NodeConfig, member: string): Promise<void>;
  /** @param onPhase Told of each phase that the node enters. */
  upgrade(node: NodeConfig, image: string, onPhase: (phase: string) => void): Promise<void>;
  /** Opens a node that Talos cordoned and did not open again. */
  uncordon(name: string): Promise<void>;
  /** @param dryRun Only checks whether it could be done. */
  upgradeKubernetes(
    node: NodeConfig,
    change: { to: string; dryRun: boolean },
    onLine: (line: string) => void,
  ): Promise<void>;
}

/** What needs no talosctl. */
export type KubernetesAccess = Pick<ClusterAccess, "kubernetesNodes" | "storage">;

/** Where progress is told. */
export type Log = (line: string) => void | Promise<void>;
