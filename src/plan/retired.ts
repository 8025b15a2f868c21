/** Which nodes are retired for good, so that their entries may go. Pure. */
import type { NodeConfig } from "../config/types.ts";
import type { Existing, Retired } from "./existing.ts";

/**
 * Counts the nodes that had this name before. What was said of one that went must not hold for the next: its data was never moved.
 * A node keeps its number for as long as the record of its config is there.
 */
export function lifeOf({ kept, retired }: Pick<Existing, "kept" | "retired">, node: string): number {
  const now = kept.find(({ name }) => name === node);
  if (now) return now.life ?? 0;
  const former = retired.filter(({ name }) => name === node).map(({ life }) => life);
  return former.length === 0 ? 0 : Math.max(...former) + 1;
}

export function isRetired(existing: Pick<Existing, "kept" | "retired">, node: string): boolean {
  return existing.retired.some(({ name, life }) => name === node && life === lifeOf(existing, node));
}

/**
 * Said at the end of a run. What was said of nodes without an entry stays: a machine goes after everything else of its run, and when
 * that fails the next run must still know that it may.
 */
export function listRetired(
  existing: Pick<Existing, "kept" | "retired">,
  nodes: readonly NodeConfig[],
): Retired[] {
  const leaving = nodes
    .filter(({ retiring }) => retiring === true)
    .map(({ name }) => ({ name, life: lifeOf(existing, name) }));
  const gone = existing.retired.filter((former) => nodes.every(({ name }) => name !== former.name));
  return [...leaving, ...gone];
}
