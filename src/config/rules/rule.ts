import type { Draft } from "../draft.ts";
import type { Problem } from "../problem.ts";
import type { Fields } from "../read.ts";
import type { NodeInput } from "../schema.ts";

/** A cross-field rule: judges what is well-formed, and stays silent about what another mistake leaves unknown. */
export interface Rule {
  /** Also the name of its fixture in test/fixtures/invalid. */
  id: string;
  check: (draft: Draft) => Problem[];
}

/** Whether every node's field could be read, so that counting makes sense. */
export function allKnown(draft: Draft, ...fields: (keyof NodeInput)[]): boolean {
  return draft.nodes.length > 0 && draft.nodes.every((node) => fields.every((field) => !node.bad.has(field)));
}

/** How a message speaks of a node. */
export function nodeName(node: Fields<NodeInput>): string {
  return node.values.name === undefined ? node.path : `node "${node.values.name}"`;
}
