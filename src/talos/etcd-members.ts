import * as pulumi from "@pulumi/pulumi";
import type { LivingCluster } from "../clients/living-cluster.ts";
import type { HomelabConfig } from "../config/types.ts";
import { changeByNode } from "../hooks/change.ts";
import type { Reachable } from "../observe/access.ts";
import { leaveEtcd, type LeaveArgs } from "./leaving-etcd.ts";

export interface LeavingArgs {
  config: HomelabConfig;
  /** For hooks. */
  living: LivingCluster;
  /** Fails when the machine of a node whose entry is gone cannot be deleted: nothing is taken from the node then. */
  beforeLeaving: () => Promise<void>;
}

/**
 * Who is a member of etcd, one value in the state. A control plane whose entry is gone is no longer in it, and leaves etcd
 * when the value changes: at the end of a run, right before the engine deletes its machine. Not in the run that retires
 * it: a control plane without etcd fails every health check of the cluster (talos, pkg/cluster/check), and joins again
 * at its next boot.
 *
 * @param opts `dependsOn`: everything else of a run.
 */
export function etcdMembers(
  name: string,
  { config, living, beforeLeaving }: LeavingArgs,
  opts: { parent: pulumi.Resource; dependsOn: pulumi.Resource[] },
): pulumi.Resource {
  const staying = config.nodes.filter(({ role }) => role === "controlplane");
  const log = living.log(opts.parent);
  const about = {
    staying,
    sharedAddress: config.cluster.vip !== undefined,
    talosVersion: config.cluster.talosVersion,
  };
  const plan = new pulumi.ResourceHook(
    `${name}-plan`,
    async (hook) => {
      for (const { name } of leavingNodes(hook))
        await log(`${name}: leaves etcd before its machine is deleted`);
    },
    { onDryRun: true },
  );
  return new pulumi.Stash(
    name,
    { input: Object.fromEntries(staying.map(({ name, address }) => [name, address])) },
    {
      ...opts,
      hooks: {
        beforeUpdate: [
          plan,
          async (hook) => {
            const leaving = leavingNodes(hook);
            if (leaving.length === 0) return;
            await beforeLeaving();
            await living.access((access) =>
              leaveOneByOne({ ...living.waiting(log), access, ...about }, leaving),
            );
          },
        ],
      },
    },
  );
}

function leavingNodes(hook: pulumi.ResourceHookArgs): Reachable[] {
  const { before, after } = changeByNode(hook);
  return Object.entries(before)
    .filter(([name]) => !(name in after))
    .map(([name, address]) => ({ name, address: String(address) }));
}

async function leaveOneByOne(
  common: Omit<LeaveArgs, "leaving" | "next">,
  leaving: readonly Reachable[],
): Promise<void> {
  for (const [index, node] of leaving.entries())
    await leaveEtcd({ ...common, leaving: node, next: leaving.slice(index + 1) });
}
