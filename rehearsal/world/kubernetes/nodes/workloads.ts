/** What a machine's going away and coming back does to its node and to what runs there. */
import type { World } from "../../kernel/world.ts";
import { DURATIONS } from "../../talos/durations.ts";
import { GONE } from "../../talos/etcd/members.ts";
import type { NodeView, NodeWorkloads } from "../../talos/workloads.ts";
import { setUnschedulable } from "../api/node-objects.ts";
import { clustersIn, hostsIn, isReady, type Cluster, type HeldCluster, type Hosts } from "../cluster.ts";
import { noteAway } from "../pods/away.ts";
import { settleWorkloads } from "../process.ts";
import type { KubernetesNode } from "../state.ts";
import { drain } from "./drain.ts";

/** @param hostsOf The way to the nodes; a test has its own. */
export function nodeWorkloads(hostsOf: (world: World) => Hosts = hostsIn): NodeWorkloads {
  const nodesOn = <Kind extends World>(world: Kind, vmId: number) =>
    clustersIn(world, hostsOf(world)).flatMap((cluster) =>
      Object.values(cluster.state.nodes)
        .filter((node) => node.vmId === vmId)
        .map((node) => ({ cluster, node })),
    );
  return {
    nodeNamed(world, clusterId, name) {
      const cluster = clustersIn(world, hostsOf(world)).find(({ state }) => state.id === clusterId);
      const node = cluster?.state.nodes[name];
      return cluster && node && viewOf(cluster, node);
    },

    nodeOn(world, clusterId, vmId) {
      const on = nodesOn(world, vmId).find(({ cluster }) => cluster.state.id === clusterId);
      return on && viewOf(on.cluster, on.node);
    },

    isMissed: (world, vmId) => nodesOn(world, vmId).some(({ node }) => node.downSince !== undefined),

    // Talos marks what it cordons (talos v1.12.0: controllers/k8s/node_apply.go, ApplyCordoned).
    async cordon(world, vmId) {
      await settleWorkloads(world, hostsOf(world));
      for (const { cluster, node } of nodesOn(world, vmId)) {
        if (node.unschedulable) continue;
        setUnschedulable(cluster, node.name, true);
        node.cordonedByTalos = true;
      }
      await settleWorkloads(world, hostsOf(world));
    },

    async drain(world, vmId, timeout) {
      let reason: string | undefined;
      for (const { cluster, node } of nodesOn(world, vmId)) reason ??= await drain(cluster, node, timeout);
      return reason;
    },

    async stopped(world, vmId, why) {
      const nodes = nodesOn(world, vmId).filter(({ node }) => node.downSince === undefined);
      if (nodes.length === 0) return;
      const ready = nodes.some(({ cluster, node }) => isReady(cluster, node));
      // What was due until now has happened, with the node still up.
      await settleWorkloads(world, hostsOf(world));
      for (const { cluster, node } of nodes) goDown(cluster, node, { why, ready });
    },

    booted(world, vmId, answersAt) {
      for (const { cluster, node } of nodesOn(world, vmId))
        node.readyAt = Math.max(answersAt, cluster.state.apiUpAt ?? 0) + DURATIONS.nodeReadyAgain;
    },

    gone(world, vmId) {
      for (const { node } of nodesOn(world, vmId)) node.vmId = GONE;
    },
  };
}

function viewOf(cluster: Cluster, node: KubernetesNode): NodeView {
  const { name, vmId, unschedulable, labels } = node;
  return { name, vmId, unschedulable, labels, ready: isReady(cluster, node) };
}

/** Everything on the machine stops at once. */
function goDown(
  cluster: HeldCluster,
  node: KubernetesNode,
  { why, ready }: { why: string; ready: boolean },
): void {
  const { world, state } = cluster;
  const { storage } = world.systems;
  const now = world.clock.now();
  storage.stopping(cluster, node);
  node.downSince ??= now;
  for (const pod of Object.values(state.pods)) {
    if (pod.node !== node.name || pod.release === undefined) continue;
    noteAway(cluster, pod);
    if (pod.phase === "running") {
      const key = `${pod.namespace}/${pod.name}`;
      const text = `${key} stops with ${node.name}`;
      world.note({
        kind: "pod-stopped",
        subject: key,
        text,
        detail: { node: node.name, release: pod.release },
      });
    }
    const { since = now, failures = 0 } = pod.waiting ?? {};
    pod.phase = "pending";
    pod.waiting = { since, failures, bound: node.name, tryAt: now };
  }
  storage.stopped(cluster, node);
  const { name, vmId, controlPlane } = node;
  world.note({
    kind: "node-down",
    subject: name,
    text: `${name} is down: ${why}`,
    detail: { vmId, node: name, controlPlane, ready, why },
  });
}
