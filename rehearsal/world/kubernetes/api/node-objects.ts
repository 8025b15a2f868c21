/** What clients of the API change about a node object: whether it takes pods, and whether it is there at all. */
import type { Cluster } from "../cluster.ts";

/** Closes a node to new pods, or opens it. */
export function setUnschedulable({ world, state }: Cluster, name: string, closed: boolean): void {
  const node = state.nodes[name];
  if (!node || node.unschedulable === closed) return;
  node.unschedulable = closed;
  if (!closed) node.uncordonedAt = world.clock.now();
  world.note({
    kind: closed ? "node-cordoned" : "node-uncordoned",
    subject: name,
    text: `${name} is ${closed ? "closed" : "open"} to new pods`,
    detail: { node: name, vmId: node.vmId },
  });
}

export async function deleteNode(cluster: Cluster, name: string): Promise<void> {
  const { state, world } = cluster;
  const { storage } = world.systems;
  if (!state.nodes[name]) return;
  // Its pods go with it (kubernetes pkg/controller/podgc, orphaned pods), and with them what holds its volumes.
  for (const [key, pod] of Object.entries(state.pods)) if (pod.node === name) delete state.pods[key];
  await storage.releaseNode(cluster, name);
  delete state.nodes[name];
  storage.forgetNode(cluster, name);
}
