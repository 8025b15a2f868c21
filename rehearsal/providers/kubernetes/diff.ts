/** What of an object changed, and whether that takes another object (provider/pkg/provider/provider.go, Diff; diff.go). */
import { changedPaths, type DiffResult, type PropertyMap } from "../server/index.ts";
import { isAutonamed, metadataOf } from "./names.ts";

/**
 * @param replaceOn Property paths whose change the API server refuses, besides those that name the object.
 * @param forced Further reasons to replace.
 */
export function diffObject(
  olds: PropertyMap,
  news: PropertyMap,
  replaceOn: string[],
  forced: string[] = [],
): DiffResult {
  const found = changedPaths(olds, news);
  const fixed = ["apiVersion", "kind", "metadata.name", "metadata.namespace", ...replaceOn];
  const replacing = (path: string) =>
    fixed.some((each) => path === each || path.startsWith(`${each}.`) || path.startsWith(`${each}[`));
  const replaces = [
    ...new Set([...found.keys()].filter(replacing).map((path) => path.split(/[.[]/, 1)[0] ?? path)),
    ...forced,
  ];
  const before = metadataOf(olds);
  const after = metadataOf(news);
  const sameName = before["name"] === after["name"] && before["namespace"] === after["namespace"];
  return {
    changes: found.size > 0 || forced.length > 0,
    replaces,
    // Two objects cannot have one name: the old one must go first, unless the engine makes up a new name.
    deleteBeforeReplace: replaces.length > 0 && sameName && !isAutonamed(news),
    detailed: Object.fromEntries([
      ...[...found].map(([path, change]) => [path, { kind: change, replace: replacing(path) }] as const),
      ...forced.map((path) => [path, { kind: "update" as const, replace: true }] as const),
    ]),
  };
}
