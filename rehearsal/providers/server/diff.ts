/** The default diff: a deep comparison of inputs, path by path, in the notation that the engine shows and matches. */
import { Unknown, isRecord, type PropertyMap } from "./values.ts";
import type { ChangeKind, DiffResult } from "./provider.ts";

export function diffInputs(olds: PropertyMap, news: PropertyMap, replaceOn: string[] = []): DiffResult {
  const found = changedPaths(olds, news);
  const changed = new Set([...found.keys()].map(rootOf));
  const replaces = replaceOn.filter((property) => changed.has(property));
  return {
    changes: found.size > 0,
    replaces,
    detailed: Object.fromEntries(
      [...found].map(([path, kind]) => [path, { kind, replace: replaces.includes(rootOf(path)) }]),
    ),
  };
}

/** What changed between two property maps: path -> kind. An unknown counts as changed, for nobody knows. */
export function changedPaths(olds: PropertyMap, news: PropertyMap): Map<string, ChangeKind> {
  const found = new Map<string, ChangeKind>();
  walk("", olds, news, found);
  return found;
}

function walk(path: string, old: unknown, now: unknown, found: Map<string, ChangeKind>): void {
  // Absent, undefined and null are one: the wire does not keep them apart reliably.
  const before = old ?? undefined;
  const after = now ?? undefined;
  if (before === undefined && after === undefined) return;
  if (before === undefined) return void found.set(path, "add");
  if (after === undefined) return void found.set(path, "delete");
  if (before instanceof Unknown || after instanceof Unknown) return void found.set(path, "update");
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    for (let i = 0; i < length; i++) walk(`${path}[${i}]`, before[i], after[i], found);
  } else if (isRecord(before) && isRecord(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      walk(join(path, key), before[key], after[key], found);
    }
  } else if (before !== after) {
    found.set(path, "update");
  }
}

/** Keys that are no plain identifiers are quoted (pulumi/sdk/go/common/resource, ParsePropertyPath). */
function join(path: string, key: string): string {
  if (!/^[A-Za-z_][\w-]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path ? `${path}.${key}` : key;
}

function rootOf(path: string): string {
  const quoted = /^\["(.*?)"\]/.exec(path);
  return quoted?.[1] ?? path.split(/[.[]/, 1)[0] ?? path;
}
