import type * as pulumi from "@pulumi/pulumi";
import type { NodeConfig } from "../config/types.ts";
import type { ClusterObjects } from "../clients/kubernetes/cluster-objects.ts";
import { recordNodeValues, type Change } from "../hooks/recorded-value.ts";
import type { ReplicaObject, VolumeObject } from "../clients/kubernetes/objects.ts";
import { copiesNowhere, refusedRetirement, type Room, type StorageNodeObject } from "./room.ts";

export interface RetirementArgs {
  /** All nodes of the configuration. */
  nodes: readonly NodeConfig[];
  /** The living cluster. */
  objects: () => Promise<ClusterObjects>;
}

interface Wish {
  retiring: boolean;
}

/** Longhorn's default: nobody is asked for a node that has not said anything of it yet. */
const STAYS: Wish = { retiring: false };

/**
 * Whether Longhorn is to use a node, one value in the state per node with a data disk, whatever its entry says of it: so
 * every edit of `retiring`, its line's removal as well, is a change of this value, and Longhorn is told. A patch resource
 * would not do: it goes with the line, gives its fields up, and Longhorn reads a node without `allowScheduling` as one
 * that gets no copies (longhorn-manager scheduler/replica_scheduler.go). And it would make Longhorn's object where there
 * is none yet.
 */
export function recordRetirement(
  name: string,
  { nodes, objects }: RetirementArgs,
  opts: { parent: pulumi.Resource; dependsOn: pulumi.Resource[] },
): pulumi.Resource[] {
  const tell = async (node: string, { retiring }: Wish) => {
    const living = await objects();
    if (retiring) await refuseNowhere(living, node, nodes);
    const wanted = { allowScheduling: !retiring, evictionRequested: retiring };
    const known = await living.setCopiesWanted(node, wanted);
    if (!known && retiring)
      throw new Error(
        `${node} cannot retire: Longhorn knows no node of that name, so its copies cannot be moved. ` +
          "`kubectl -n longhorn-system get nodes.longhorn.io` shows those that it knows; then run `pulumi up` again.",
      );
  };
  const values = recordNodeValues<Wish>(
    `${name}-retirement`,
    {
      nodes: nodes.filter(({ dataDisk }) => dataDisk !== undefined),
      resourceName: (node) => `${name}-retirement-${node.name}`,
      value: ({ retiring }) => ({ retiring: retiring === true }),
      announce: (change, node) => (changes(change) ? [`${node.name}: ${meaning(change.after)}`] : []),
      act: async (change, node) => {
        if (changes(change)) await tell(node.name, change.after);
      },
    },
    opts,
  );
  return [...values.values()];
}

function changes({ before = STAYS, after }: Change<Wish>): boolean {
  return before.retiring !== after.retiring;
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

function meaning({ retiring }: Wish): string {
  return retiring
    ? "gets no new copies from Longhorn, and those it has move to other nodes"
    : "stays, and Longhorn uses it again";
}
