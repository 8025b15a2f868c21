/**
 * A node goes down when what runs on it stops, in whatever way, and is up again when its kubelet reports Ready: the time in
 * which its pods serve nobody. Both are on record, so that "at most one node down" can be read from it. Under the lock.
 */
import type { KubernetesNode } from "../../kubernetes/state.ts";
import type { World } from "../../kernel/world.ts";
import { isReady } from "../cluster.ts";
import { noteQuorum } from "../etcd/cluster.ts";
import { leaderOf } from "../etcd/members.ts";

/** Everything on EPHEMERAL stops: pods, kubelet, etcd. Twice is once. */
export async function goDown(world: World, vmId: number, why: string): Promise<void> {
  const machine = world.state.machines[vmId];
  if (!machine || machine.servicesStopped) return;
  const nodes = nodesOn(world, vmId).filter(({ node }) => node.downSince === undefined);
  const ready = nodes.some(({ node }) => isReady(world, node));
  // First, while it still counts as up: what was due on it until now has happened.
  if (nodes.length > 0) await world.workloads?.stopped(world, vmId);
  machine.servicesStopped = true;
  for (const { node } of nodes) {
    node.downSince ??= world.clock.now();
    world.note({
      kind: "node-down",
      subject: node.name,
      text: `${node.name} is down: ${why}`,
      detail: { vmId, node: node.name, controlPlane: node.controlPlane, ready, why },
    });
  }
  noteQuorum(world, vmId, why);
  // Who followed it elects another.
  for (const cluster of Object.values(world.state.clusters)) {
    if (cluster.leader && cluster.etcd[cluster.leader]?.vmId === vmId) leaderOf(world, cluster);
  }
}

/** Its node is Ready again. */
export async function comeUp(world: World, node: KubernetesNode): Promise<void> {
  if (node.downSince === undefined) return;
  const seconds = node.readyAt - node.downSince;
  delete node.downSince;
  await uncordon(world, node, node.readyAt);
  world.note({
    kind: "node-up",
    subject: node.name,
    text: `${node.name} is up again after ${Math.round(seconds)} s`,
    detail: { vmId: node.vmId, node: node.name, at: node.readyAt, seconds },
  });
  await world.workloads?.started(world, node.vmId);
}

/** Talos marks what it cordons (talos v1.12.0: controllers/k8s/node_apply.go, ApplyCordoned). */
export async function cordon(world: World, node: KubernetesNode): Promise<void> {
  if (node.unschedulable) return;
  await setCordoned(world, node, true);
  node.cordonedByTalos = true;
}

/** It opens only what it closed: a node that somebody else cordoned stays so. */
export async function uncordon(world: World, node: KubernetesNode, at?: number): Promise<void> {
  if (!node.cordonedByTalos) return;
  delete node.cordonedByTalos;
  await setCordoned(world, node, false, at);
}

async function setCordoned(world: World, node: KubernetesNode, closed: boolean, at?: number): Promise<void> {
  await world.workloads?.cordon(world, node.vmId, closed, at);
  node.unschedulable = closed;
}

export function nodesOn(world: World, vmId: number): { clusterId: string; node: KubernetesNode }[] {
  return Object.values(world.state.clusters).flatMap((cluster) =>
    Object.values(cluster.nodes)
      .filter((node) => node.vmId === vmId)
      .map((node) => ({ clusterId: cluster.id, node })),
  );
}
