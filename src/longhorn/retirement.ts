import * as pulumi from "@pulumi/pulumi";
import type { NodeConfig } from "../config/types.ts";
import type { ClusterObjects } from "../clients/kubernetes/cluster-objects.ts";
import { changeOf } from "../hooks/change.ts";
import type { Log } from "../observe/access.ts";
import type { ReplicaObject, VolumeObject } from "../clients/kubernetes/objects.ts";
import { copiesNowhere, refusedRetirement, type Room, type StorageNodeObject } from "./room.ts";

export interface RetirementArgs {
  node: NodeConfig;
  /** All nodes of the configuration. */
  nodes: readonly NodeConfig[];
  objects: () => Promise<ClusterObjects>;
  log: Log;
}

interface Wish {
  retiring: boolean;
}

/**
 * Whether Longhorn is to use a node, one value in the state per node with a data disk, whatever its entry says of it: so
 * every edit of `retiring`, its line's removal as well, is a change of this value, and Longhorn is told. A patch resource
 * would not do: it goes with the line, gives its fields up, and Longhorn reads a node without `allowScheduling` as one
 * that gets no copies (longhorn-manager scheduler/replica_scheduler.go). And it would make Longhorn's object where there
 * is none yet.
 *
 * A node that has not said anything of it yet is used: that is Longhorn's default, and nobody is asked.
 */
export function retirement(
  name: string,
  { node, nodes, objects, log }: RetirementArgs,
  opts: { parent: pulumi.Resource; dependsOn: pulumi.Resource[] },
): pulumi.Resource {
  const plan = new pulumi.ResourceHook(
    `${name}-plan`,
    async (hook) => {
      const { before, after } = changeOf<Wish | undefined>(hook);
      if (after && (before ?? STAYS).retiring !== after.retiring)
        await log(`${node.name}: ${meaning(after)}`);
    },
    { onDryRun: true },
  );
  const tell = async (hook: pulumi.ResourceHookArgs) => {
    const { before, after } = changeOf<Wish>(hook);
    if ((before ?? STAYS).retiring === after.retiring) return;
    const wanted = { allowScheduling: !after.retiring, evictionRequested: after.retiring };
    const living = await objects();
    if (after.retiring) await refuseNowhere(living, node.name, nodes);
    const known = await living.setCopiesWanted(node.name, wanted);
    if (!known && after.retiring)
      throw new Error(
        `${node.name} cannot retire: Longhorn knows no node of that name, so its copies cannot be moved. ` +
          "`kubectl -n longhorn-system get nodes.longhorn.io` shows those that it knows; then run `pulumi up` again.",
      );
  };
  return new pulumi.Stash(
    name,
    { input: { retiring: node.retiring === true } },
    { ...opts, hooks: { beforeCreate: [plan, tell], beforeUpdate: [plan, tell] } },
  );
}

async function refuseNowhere(living: ClusterObjects, node: string, nodes: readonly NodeConfig[]) {
  const [volumes, replicas, known, settings] = await Promise.all([
    living.longhorn<VolumeObject>("volumes"),
    living.longhorn<ReplicaObject>("replicas"),
    living.longhorn<StorageNodeObject>("nodes"),
    living.longhorn<Room["settings"][number]>("settings"),
  ]);
  const refused = refusedRetirement(
    node,
    copiesNowhere({ volumes, replicas, nodes: known, settings }, node, nodes),
  );
  if (refused !== undefined) throw new Error(refused);
}

const STAYS: Wish = { retiring: false };

function meaning({ retiring }: Wish): string {
  return retiring
    ? "gets no new copies from Longhorn, and those it has move to other nodes"
    : "stays, and Longhorn uses it again";
}
