import type * as pulumi from "@pulumi/pulumi";
import type { ClusterObjects } from "../clients/kubernetes/cluster-objects.ts";
import type { LeavingArgs } from "./etcd-members.ts";
import type { Role } from "../config/types.ts";
import { recordValue, type Change } from "../hooks/recorded-value.ts";
import { Stopped } from "../observe/failure.ts";
import { waitFor, type Patience } from "../observe/waiting.ts";

/**
 * Which nodes belong to Kubernetes, one value in the state. A node whose entry is gone is no longer in it, and its object is
 * deleted when the value changes: at the end of a run, right before the engine deletes its machine. Talos does not take
 * it away, and a node object that nobody expects fails every health check from then on (talos, pkg/cluster/cluster.go,
 * NodesMatch). No resource stands for the object: the kubelet made it, and no edit but the entry's removal, and no
 * destroy, may delete it.
 *
 * @param opts `dependsOn`: everything that may still refuse the removal.
 */
export function recordKubernetesNodes(
  name: string,
  { nodes, living, beforeLeaving }: LeavingArgs,
  opts: { parent: pulumi.Resource; dependsOn: pulumi.Resource[] },
): pulumi.Resource {
  return recordValue<Roles>(
    name,
    {
      on: "update",
      value: Object.fromEntries(nodes.map((node) => [node.name, node.role])),
      announce: (change) =>
        findLeaving(change).map((node) => `${node}: leaves Kubernetes before its machine is deleted`),
      act: async (change) => {
        const leaving = findLeaving(change);
        if (leaving.length === 0) return;
        await beforeLeaving();
        const waiting = living.waiting(living.log(opts.parent));
        const objects = await living.objects();
        for (const node of leaving) await leaveKubernetes({ ...waiting, node, objects });
      },
    },
    opts,
  );
}

/** By node name. */
type Roles = Record<string, Role>;

function findLeaving({ before = {}, after }: Change<Roles>): string[] {
  return Object.keys(before).filter((name) => !(name in after));
}

export interface LeaveKubernetesArgs extends Patience {
  /** Its name. */
  node: string;
  objects: Pick<ClusterObjects, "deleteNode" | "knownToLonghorn" | "deleteLonghornNode">;
}

/**
 * Takes a node out of Kubernetes, and waits until Longhorn has forgotten it: a node that comes back under the same name would
 * otherwise find its old disk remembered, and its new one refused.
 */
export async function leaveKubernetes({ node, objects, ...common }: LeaveKubernetesArgs): Promise<void> {
  await objects.deleteNode(node);
  await waitFor({
    ...common,
    subject: node,
    look: async () => {
      if (!(await objects.knownToLonghorn(node))) return { done: undefined };
      // Longhorn does it itself once it has seen that the node is gone; asked too early, it says no.
      await objects.deleteLonghornNode(node).catch(() => undefined);
      return { waiting: ["Longhorn still knows it"] };
    },
    limit: "healthy",
    late: (limit) =>
      new Stopped(
        node,
        `Longhorn did not forget it in time (${limit})`,
        [`\`kubectl -n longhorn-system get nodes.longhorn.io ${node} -o yaml\` shows what it still holds`],
        "It is out of Kubernetes, but its machine runs on, and nothing else was deleted. Once that is mended",
      ),
  });
  await common.log(`${node}: left Kubernetes`);
}
