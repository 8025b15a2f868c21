/** What a node is to run, and with which talosctl it can get there. */
import { isDeepStrictEqual } from "node:util";
import { valid } from "semver";
import { minorSteps } from "../../config/versions.ts";

/** The input of a node's Stash: what the node runs once its step succeeded. */
export interface NodeImage {
  node: string;
  /** With the leading `v`. */
  talosVersion: string;
  schematicId: string;
  /** With their vendor, sorted. */
  extensions: string[];
  /** What Talos upgrades from. */
  installerImage: string;
}

/** Whether two versions are one release. */
export function sameVersion(a: string, b: string): boolean {
  return a === b || (valid(a) !== null && valid(a) === valid(b));
}

/**
 * Why this talosctl must not do the upgrade, or undefined. Talos's own rule is that client and nodes are of one minor
 * version, with a neighbour tolerated: the API keeps its fields that long.
 *
 * @param running What nodes run by now, and what they are to run.
 */
export function talosctlSkew(client: string, versions: readonly string[]): string | undefined {
  const far = versions.filter((version) => Math.abs(minorSteps(client, version) ?? Infinity) > 1);
  if (far.length === 0) return undefined;
  return `it is ${client}, more than one minor version away from ${[...new Set(far)].join(" and ")}`;
}

/** What changes on a node, e.g. `Talos v1.12.0 -> v1.12.1, + siderolabs/zfs`; undefined when nothing does. */
export function changeOfImage(before: NodeImage, after: NodeImage): string | undefined {
  if (isDeepStrictEqual(before, after)) return undefined;
  const version =
    before.talosVersion === after.talosVersion
      ? `Talos ${after.talosVersion}`
      : `Talos ${before.talosVersion} -> ${after.talosVersion}`;
  const added = after.extensions.filter((name) => !before.extensions.includes(name));
  const removed = before.extensions.filter((name) => !after.extensions.includes(name));
  const sameContent = before.talosVersion === after.talosVersion && added.length + removed.length === 0;
  return [
    version,
    ...added.map((name) => `+ ${name}`),
    ...removed.map((name) => `- ${name}`),
    ...(sameContent ? [`installer ${after.installerImage}`] : []),
  ].join(", ");
}

/** What to do about a talosctl of another version. */
export function useTalosctl(version: string): string {
  return `Use talosctl ${version} (https://github.com/siderolabs/talos/releases/tag/${version}), on the PATH or named by homelab:upgrade.talosctl`;
}
