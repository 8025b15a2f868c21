import type * as pulumi from "@pulumi/pulumi";
import type { LivingCluster } from "../clients/living-cluster.ts";
import type { ClusterConfig, NodeConfig } from "../config/types.ts";
import { recordValue, type Change } from "../hooks/recorded-value.ts";
import type { Reachable } from "../observe/access.ts";
import { leaveEtcd, type LeaveArgs } from "./leaving-etcd.ts";

export interface LeavingArgs {
  cluster: Pick<ClusterConfig, "vip" | "talosVersion">;
  /** All nodes of the configuration. */
  nodes: readonly NodeConfig[];
  /** For hooks. */
  living: LivingCluster;
  /** Fails when the machine of a node whose entry is gone cannot be deleted: nothing is taken from the node then. */
  beforeLeaving: () => Promise<void>;
}

/** Addresses by node name. */
type Members = Record<string, string>;

/**
 * Who is a member of etcd, one value in the state. A control plane whose entry is gone is no longer in it, and leaves etcd
 * when the value changes: at the end of a run, right before the engine deletes its machine. Not in the run that retires
 * it: a control plane without etcd fails every health check of the cluster (talos, pkg/cluster/check), and joins again
 * at its next boot.
 *
 * @param opts `dependsOn`: everything else of a run.
 */
export function recordEtcdMembers(
  name: string,
  { cluster, nodes, living, beforeLeaving }: LeavingArgs,
  opts: { parent: pulumi.Resource; dependsOn: pulumi.Resource[] },
): pulumi.Resource {
  const staying = nodes.filter(({ role }) => role === "controlplane");
  const about = {
    staying,
    sharedAddress: cluster.vip !== undefined,
    talosVersion: cluster.talosVersion,
  };
  return recordValue<Members>(
    name,
    {
      on: "update",
      value: Object.fromEntries(staying.map(({ name, address }) => [name, address])),
      announce: (change) =>
        findLeaving(change).map(({ name }) => `${name}: leaves etcd before its machine is deleted`),
      act: async (change) => {
        const leaving = findLeaving(change);
        if (leaving.length === 0) return;
        await beforeLeaving();
        const waiting = living.waiting(living.log(opts.parent));
        await living.access((access) => leaveOneByOne({ ...waiting, access, ...about }, leaving));
      },
    },
    opts,
  );
}

function findLeaving({ before = {}, after }: Change<Members>): Reachable[] {
  return Object.entries(before)
    .filter(([name]) => !(name in after))
    .map(([name, address]) => ({ name, address }));
}

async function leaveOneByOne(
  common: Omit<LeaveArgs, "leaving" | "next">,
  leaving: readonly Reachable[],
): Promise<void> {
  for (const [index, node] of leaving.entries())
    await leaveEtcd({ ...common, leaving: node, next: leaving.slice(index + 1) });
}
