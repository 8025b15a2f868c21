/** Which nodes do not run what they should, as Kubernetes tells: its nodes carry Talos's version and schematic. */
import type { NodeConfig } from "../../config/types.ts";
import type { ClusterAccess } from "../../observe/access.ts";
import { Stopped } from "../../observe/failure.ts";
import { tryLook } from "../../observe/looks.ts";
import { unanswered, type KubernetesNode } from "../../observe/picture.ts";
import type { Look } from "../../observe/poll.ts";
import { sameVersion, type NodeImage } from "./target.ts";
import { waitFor, type Patience } from "../../observe/waiting.ts";

export interface Target {
  node: NodeConfig;
  image: NodeImage;
}

/** Talos's own way to write its version into a node's status: `Talos (v1.12.0)`. */
export function talosVersionOf({ osImage }: KubernetesNode): string | undefined {
  return /\((v[^)]+)\)/.exec(osImage)?.[1];
}

/** Undefined while it cannot be said: Talos writes the schematic to the node a moment after it joined. */
function deviates(node: KubernetesNode, { talosVersion, schematicId }: NodeImage): boolean | undefined {
  const runs = talosVersionOf(node);
  if (runs === undefined) return undefined;
  if (!sameVersion(runs, talosVersion)) return true;
  return node.schematicId === undefined ? undefined : node.schematicId !== schematicId;
}

interface DeviationArgs<T> extends Patience {
  access: Pick<ClusterAccess, "kubernetesNodes">;
  targets: readonly T[];
}

export async function findDeviatingNodes<T extends Target>(args: DeviationArgs<T>): Promise<T[]> {
  const { access, targets } = args;
  const look = async (): Promise<Look<T[]>> => {
    const known = await tryLook(access.kubernetesNodes());
    if ("unseen" in known) return { waiting: [unanswered("the Kubernetes API", known)] };
    const judged = targets.map((target) => {
      const node = known.seen.find(({ name }) => name === target.node.name);
      return { target, known: node !== undefined, deviates: node && deviates(node, target.image) };
    });
    const waiting = judged
      .filter(({ deviates }) => deviates === undefined)
      .map(({ target: { node }, known }) =>
        known
          ? `Talos has not said yet which image ${node.name} runs`
          : `${node.name} is no node of Kubernetes`,
      );
    if (waiting.length > 0) return { waiting };
    return { done: judged.filter(({ deviates }) => deviates).map(({ target }) => target) };
  };
  return waitFor({
    ...args,
    subject: "Cluster",
    look,
    limit: "ready",
    late: (limit, waiting) =>
      new Stopped(
        "Cluster",
        `it did not become known in time what every node runs (${limit})`,
        waiting,
        "No node was touched for it. Once that is mended",
      ),
  });
}
