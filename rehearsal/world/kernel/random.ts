/** Chance that is the same in each run of the same world: everything follows from the seed and a label. */
import { createHash } from "node:crypto";

/** A number in [0, 1) that only depends on its arguments. */
export function chance(...label: (string | number)[]): number {
  return createHash("sha256").update(label.join("\0")).digest().readUInt32BE(0) / 2 ** 32;
}

/** The items in an order that only depends on the label. */
export function shuffled<T>(items: T[], ...label: (string | number)[]): T[] {
  return items
    .map((item, index) => ({ item, key: chance(...label, index) }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

export function hash(...parts: string[]): string {
  return createHash("sha256").update(parts.join("\0")).digest("hex");
}
