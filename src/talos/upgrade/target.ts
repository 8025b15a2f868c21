/** What a node is to run, and whether Talos supports the way there. */
import { isDeepStrictEqual } from "node:util";
import { compareVersions, minorOf } from "../../config/versions.ts";

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

/** How many minor versions `to` lies above `from`; undefined when they differ in the major version. */
export function minorSteps(from: string, to: string): number | undefined {
  const [fromMajor, fromMinor] = numbers(from);
  const [toMajor, toMinor] = numbers(to);
  return fromMajor === toMajor ? toMinor - fromMinor : undefined;
}

function numbers(version: string): [number, number] {
  const [major, minor] = minorOf(version).split(".").map(Number);
  return [major ?? 0, minor ?? 0];
}

/** What a release is called without what follows its patch: `v1.12.1-alpha.0` is of `v1.12.1`. */
export function release(version: string): string {
  return version.split("-")[0]!;
}

/**
 * Why Talos does not support going from one version to the other, or undefined. Upgrades are tested by Talos from one
 * minor version to the next, its migrations run between neighbours, and nothing promises a way down (its documentation,
 * "Upgrading Talos Linux", supported upgrade paths).
 */
export function unsupportedTalosJump(from: string, to: string): string | undefined {
  const steps = minorSteps(from, to);
  if (steps === undefined) return `Talos ${from} cannot become ${to}: another major version`;
  if (steps < 0) return `Talos ${from} cannot go back to ${to}: only patch versions may go down`;
  if (steps > 1) {
    const [major, minor] = numbers(from);
    return `Talos ${from} cannot become ${to} in one step: go to the newest v${major}.${minor + 1} first`;
  }
  return undefined;
}

/**
 * The same for Kubernetes, whose components tolerate one another over one minor version at a time (its version skew
 * policy), and whose API server never goes back.
 */
export function unsupportedKubernetesJump(from: string, to: string): string | undefined {
  const steps = minorSteps(from, to);
  if (steps === undefined) return `Kubernetes ${from} cannot become ${to}: another major version`;
  if (steps < 0) return `Kubernetes ${from} cannot go back to ${to}: only patch versions may go down`;
  if (steps > 1) {
    const [major, minor] = numbers(from);
    return `Kubernetes ${from} cannot become ${to} in one step: go to the newest ${major}.${minor + 1} first`;
  }
  return undefined;
}

/** Whether two versions are one release. */
export function sameVersion(a: string, b: string): boolean {
  return compareVersions(release(a), release(b)) === 0 && suffix(a) === suffix(b);
}

function suffix(version: string): string {
  return version.split("-").slice(1).join("-");
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
