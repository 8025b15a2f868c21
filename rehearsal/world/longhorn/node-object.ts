/**
 * Longhorn's own Node object (longhorn.io/v1beta2): whether a node gets new replicas, whether those it has must leave, and when it
 * goes. Source: longhorn-manager webhook/resources/node/validator.go, controller/kubernetes_node_controller.go.
 */
import type { Cluster } from "../kubernetes/cluster.ts";
import { ApiError } from "../kubernetes/api/namespaces.ts";
import type { LonghornState } from "./state.ts";

/** The fields that clients change here. */
export interface NodeFields {
  /** A field that is not there is false: the definition has no default. */
  allowScheduling?: boolean;
  evictionRequested?: boolean;
}

const WEBHOOK = 'admission webhook "validator.longhorn.io" denied the request: ';

export function nodeFields(longhorn: LonghornState, name: string): Required<NodeFields> {
  return {
    allowScheduling: !(longhorn.closed?.includes(name) ?? false),
    evictionRequested: longhorn.evicting?.includes(name) ?? false,
  };
}

/** @throws {ApiError} What the webhook says of it. */
export function refuseFields({ allowScheduling, evictionRequested }: NodeFields): void {
  if (evictionRequested === true && allowScheduling === true)
    throw new ApiError(`${WEBHOOK}need to disable scheduling before evicting`);
}

export function setNodeFields(longhorn: LonghornState, name: string, fields: NodeFields): void {
  longhorn.closed = listed(longhorn.closed, name, fields.allowScheduling !== true);
  longhorn.evicting = listed(longhorn.evicting, name, fields.evictionRequested === true);
}

function listed(names: string[] = [], name: string, there: boolean): string[] {
  const others = names.filter((each) => each !== name);
  return there ? [...others, name].sort() : others;
}

/** Why the webhook keeps a Node object from being deleted: only one that holds nothing and is gone from Kubernetes may go. */
export function nodeKept({ state }: Cluster, longhorn: LonghornState, name: string): string | undefined {
  const { allowScheduling } = nodeFields(longhorn, name);
  const volumes = Object.values(longhorn.volumes);
  const replicas = volumes.flatMap((volume) => volume.replicas).filter(({ node }) => node === name).length;
  const engines = volumes.filter(({ attachedTo }) => attachedTo === name).length;
  const gone = state.nodes[name] === undefined;
  if (gone && !allowScheduling && replicas === 0 && engines === 0) return undefined;
  return (
    `${WEBHOOK}could not delete node ${name} with node ready condition is ${gone ? "False" : "True"}, reason is ` +
    `${gone ? "KubernetesNodeGone" : ""}, node schedulable ${allowScheduling}, and ${replicas} replica, ${engines} engine running on it`
  );
}

/** Longhorn's manager does this itself, once the Kubernetes node has gone; a node that may not go stays listed as down. */
export function forgetNode(cluster: Cluster, name: string): void {
  const { longhorn } = cluster.state;
  if (!longhorn?.disks[name] || nodeKept(cluster, longhorn, name) !== undefined) return;
  delete longhorn.disks[name];
  longhorn.closed = listed(longhorn.closed, name, false);
  longhorn.evicting = listed(longhorn.evicting, name, false);
  cluster.world.note({
    kind: "object-deleted",
    subject: name,
    text: `Longhorn forgets ${name}, which is gone from Kubernetes`,
  });
}
