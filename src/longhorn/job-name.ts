import { createHash } from "node:crypto";

/** A Job's name becomes a label of its pods, and a label's value has this many characters (kubernetes, apis/batch/validation). */
const LONGEST = 63;

/** Name of a node's Job: as it is while it fits, else cut, with a part of the whole name's hash so that it stays one of a kind. */
export function jobName(purpose: string, node: string): string {
  const name = `${purpose}-${node}`;
  if (name.length <= LONGEST) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `${name.slice(0, LONGEST - 1 - hash.length).replace(/-+$/, "")}-${hash}`;
}
