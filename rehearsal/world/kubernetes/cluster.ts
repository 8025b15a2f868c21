/** What every rule of the cluster gets: the world, one cluster of it, and the way to its nodes. */
import { createHash } from "node:crypto";
import type { Held, World } from "../kernel/world.ts";
import type { NodeHost } from "../talos/contract.ts";
import { hostOf } from "../talos/host.ts";
import type { ClusterState, KubernetesNode } from "./state.ts";

/** How the cluster side reaches a node; `hostsIn(world)` in a rehearsal, a fake in unit tests. */
export type Hosts = (vmId: number) => NodeHost;

export interface Cluster {
  world: World;
  state: ClusterState;
  hosts: Hosts;
}

/** The same for rules that must not run into each other. */
export interface HeldCluster extends Cluster {
  world: Held;
}

export function hostsIn(world: World): Hosts {
  return (vmId) => hostOf(world, vmId);
}

export function clusterOf<Kind extends World>(
  world: Kind,
  clusterId: string,
  hosts: Hosts = hostsIn(world),
): Cluster & { world: Kind } {
  const state = world.state.clusters[clusterId];
  if (!state) throw new Error(`no cluster ${clusterId} in this world`);
  return { world, state, hosts };
}

export function clustersIn<Kind extends World>(world: Kind, hosts?: Hosts): (Cluster & { world: Kind })[] {
  return Object.keys(world.state.clusters).map((id) => clusterOf(world, id, hosts));
}

/** Its kubelet reports Ready: registered, past its time, and running. The one place that knows. */
export function isReady({ world, hosts }: Pick<Cluster, "world" | "hosts">, node: KubernetesNode): boolean {
  return node.readyAt <= world.clock.now() && hosts(node.vmId).isUp();
}

/** By name, as Kubernetes lists them. */
export function nodesOf({ state }: Pick<Cluster, "state">): KubernetesNode[] {
  return Object.values(state.nodes).sort((a, b) => a.name.localeCompare(b.name));
}

export function readyNodes(cluster: Cluster): KubernetesNode[] {
  return nodesOf(cluster).filter((node) => isReady(cluster, node));
}

/** Text that looks like the API's random suffixes and uids but is the same in each run of the same world. */
export function pseudoRandom(...seed: (string | number)[]): string {
  return createHash("sha256").update(seed.join("\0")).digest("hex");
}

export function podSuffix(cluster: Cluster): string {
  return pseudoRandom(cluster.state.id, cluster.world.nextId("pod")).slice(0, 5);
}
