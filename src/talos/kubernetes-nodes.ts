import * as pulumi from "@pulumi/pulumi";
import type { UpgradeTimeouts } from "../config/types.ts";
import type { ClusterObjects } from "../kubernetes/cluster-objects.ts";
import type { LeavingArgs } from "./etcd-members.ts";
import { changeByNode } from "./stash-change.ts";
import type { Log } from "./upgrade/access.ts";
import { Stopped } from "./upgrade/failure.ts";
import { wallClock, type Clock } from "./upgrade/poll.ts";
import { waitFor } from "./upgrade/waiting.ts";

/**
 * Which nodes belong to Kubernetes, one value in the state. A node whose entry is gone is no longer in it, and its object is
 * deleted when the value changes: at the end of a run, right before the engine deletes its machine. Talos does not take
 * it away, and a node object that nobody expects fails every health check from then on (talos, pkg/cluster/cluster.go,
 * NodesMatch). No resource stands for the object: the kubelet made it, and no edit but the entry's removal, and no
 * destroy, may delete it.
 *
 * @param opts `dependsOn`: everything that may still refuse the removal.
 */
export function kubernetesNodes(
  name: string,
  { config, upgrade, beforeLeaving }: LeavingArgs,
  opts: { parent: pulumi.Resource; dependsOn: pulumi.Resource[] },
): pulumi.Resource {
  const log = upgrade.log(opts.parent);
  const plan = new pulumi.ResourceHook(
    `${name}-plan`,
    async (hook) => {
      for (const node of leaving(hook)) await log(`${node}: leaves Kubernetes before its machine is deleted`);
    },
    { onDryRun: true },
  );
  return new pulumi.Stash(
    name,
    { input: Object.fromEntries(config.nodes.map((node) => [node.name, node.role])) },
    {
      ...opts,
      hooks: {
        beforeUpdate: [
          plan,
          async (hook) => {
            const gone = leaving(hook);
            if (gone.length === 0) return;
            await beforeLeaving();
            const { timeouts } = config.upgrade;
            const objects = await upgrade.objects();
            for (const node of gone)
              await leaveKubernetes({ node, objects, timeouts, log, clock: wallClock });
          },
        ],
      },
    },
  );
}

export interface LeaveKubernetesArgs {
  /** Its name. */
  node: string;
  objects: Pick<ClusterObjects, "deleteNode" | "knownToLonghorn" | "deleteLonghornNode">;
  timeouts: UpgradeTimeouts;
  log: Log;
  clock: Clock;
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

function leaving(hook: pulumi.ResourceHookArgs): string[] {
  const { before, after } = changeByNode(hook);
  return Object.keys(before).filter((name) => !(name in after));
}
