/** What every rule of the cluster gets: the world, one cluster of it, and the way to its nodes. */
import { createHash } from "node:crypto";
import type { NodeHost } from "../talos/contract.ts";
import type { World } from "../kernel/world.ts";
import type { ClusterState, KubernetesNode } from "./state.ts";

/** How the cluster side reaches a node; `hostOf(world, vmId)` in a rehearsal, a fake in unit tests. */
export type Hosts = (vmId: number) => NodeHost;

export interface Cluster {
  world: World;
  state: ClusterState;
  hosts: Hosts;
  /** Brings the nodes up to the present (they join, mount, recover by themselves); asked before each look while waiting. */
  settle?: () => Promise<void>;
}

export function clusterOf(world: World, clusterId: string, hosts: Hosts): Cluster {
  const state = world.state.clusters[clusterId];
  if (!state) throw new Error(`no cluster ${clusterId} in this world`);
  return { world, state, hosts };
}

/** Nodes whose kubelet reports: joined, Ready by now, and running. */
export function readyNodes({ world, state, hosts }: Cluster): KubernetesNode[] {
  return Object.values(state.nodes)
    .filter((node) => node.readyAt <= world.clock.now() && hosts(node.vmId).isUp())
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Text that looks like the API's random suffixes and uids but is the same in each run of the same world. */
export function pseudoRandom(...seed: (string | number)[]): string {
  return createHash("sha256").update(seed.join("\0")).digest("hex");
}

export function podSuffix(cluster: Cluster): string {
  return pseudoRandom(cluster.state.id, cluster.world.nextId("pod")).slice(0, 5);
}
