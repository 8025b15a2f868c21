/** What a refusal advises: the ways to have on purpose what it refuses. */
import type { Role } from "../../config/types.ts";

/** How a machine goes. */
export const RETIRE =
  "set `retiring: true` on its entry and `up`; once that is through, take the entry away and `up` again";

/**
 * How a machine makes room for another; undefined for the only control plane, which nothing can stand in for.
 *
 * @param other What is special about the other one.
 */
export type Renewal = (node: string, other?: string) => string | undefined;

/** @param nodes Those whose config was applied. */
export function renewal(nodes: readonly { name: string; role?: Role }[]): Renewal {
  const controlPlanes = nodes.filter(({ role }) => role === "controlplane");
  return (node, other = "") => {
    if (!controlPlanes.some(({ name }) => name === node))
      return `add a node under another name${other}, then retire this one`;
    // In one run, because an odd number of them must stay.
    return controlPlanes.length > 1
      ? `add a control plane under another name${other} and retire this one in the same run`
      : undefined;
  };
}
