import * as pulumi from "@pulumi/pulumi";
import type { HomelabConfig } from "../config/types.ts";
import { changeByNode } from "./stash-change.ts";
import type { Reachable } from "./upgrade/access.ts";
import type { Upgrade } from "./upgrade/upgrade.ts";

export interface LeavingArgs {
  config: HomelabConfig;
  upgrade: Upgrade;
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
  { config, upgrade, beforeLeaving }: LeavingArgs,
  opts: { parent: pulumi.Resource; dependsOn: pulumi.Resource[] },
): pulumi.Resource {
  const staying = config.nodes.filter(({ role }) => role === "controlplane");
  const log = upgrade.log(opts.parent);
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
            await upgrade.leaveEtcd(leaving, log);
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
