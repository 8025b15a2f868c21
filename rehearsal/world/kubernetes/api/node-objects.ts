/** What clients of the API change about a node object: whether it takes pods, and whether it is there at all. */
import type { Cluster } from "../cluster.ts";
import { forgetNode } from "../../longhorn/node-object.ts";
import { detachVolume } from "../../longhorn/volumes.ts";

/** Closes a node to new pods, or opens it. */
export function setUnschedulable(
  { world, state }: Cluster,
  name: string,
  closed: boolean,
  at = world.clock.now(),
): Promise<void> {
  const node = state.nodes[name];
  if (!node || node.unschedulable === closed) return Promise.resolve();
  node.unschedulable = closed;
  if (!closed) node.uncordonedAt = at;
  world.note(
    {
      kind: closed ? "node-cordoned" : "node-uncordoned",
      subject: name,
      text: `${name} is ${closed ? "closed" : "open"} to new pods`,
      detail: { node: name, vmId: node.vmId },
    },
    at,
  );
  return Promise.resolve();
}

export async function deleteNode(cluster: Cluster, name: string): Promise<void> {
  const { state } = cluster;
  if (!state.nodes[name]) return;
  // Its pods go with it (kubernetes pkg/controller/podgc, orphaned pods), and with them what holds its volumes.
  for (const [key, pod] of Object.entries(state.pods)) if (pod.node === name) delete state.pods[key];
  for (const volume of Object.values(state.longhorn?.volumes ?? {}))
    if (volume.attachedTo === name) await detachVolume(cluster, volume.name);
  delete state.nodes[name];
  forgetNode(cluster, name);
}
