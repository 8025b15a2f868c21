/**
 * Which steps from one version to another are refused, as whole lines: the key, what was found, what is allowed, what to
 * do. The rules are those of the projects themselves:
 *
 * - Talos tests its upgrades between adjacent minors only (docs.siderolabs.com, "Upgrading Talos Linux"). It would take a
 *   node back by up to two (`compatibility.UpgradeableFrom`), but an older minor does not know the newer one's documents
 *   of the machine config, so the way back is closed here.
 * - `talosctl upgrade-k8s` knows each minor to itself and to the next (siderolabs/go-kubernetes, upgrade/path.go).
 * - Longhorn goes up by one minor and never down, not even by a patch (longhorn-manager, `CheckUpgradePathSupported`).
 */
import { listWords } from "../../config/problem.ts";
import {
  compareVersions,
  LONGHORN_CHARTS,
  minorOf,
  minorSteps,
  nextMinor,
  numbersOf,
  talosRelease,
} from "../../config/versions.ts";
import type { VersionFacts } from "../facts.ts";

const TALOS_KEY = "homelab:cluster.talosVersion";
const KUBERNETES_KEY = "homelab:cluster.kubernetesVersion";

/**
 * What is refused before anything moves: steps up that skip a minor from what runs. Steps down are judged by the resources
 * themselves, each node's image, the Kubernetes version and the releases of the charts, which say what would become what.
 *
 * @param before What runs: of Talos the oldest on any node.
 */
export function versionRefusals(before: VersionFacts, after: Required<VersionFacts>): string[] {
  const up = (
    from: string | undefined,
    to: string,
    jump: (from: string, to: string) => string | undefined,
  ) => (from !== undefined && compareVersions(to, from) > 0 ? jump(from, to) : undefined);
  return [
    up(before.talos, after.talos, talosJump),
    up(
      before.talos,
      after.talos,
      () => before.kubernetes && kubernetesOutgrown(before.kubernetes, after.talos),
    ),
    up(before.kubernetes, after.kubernetes, kubernetesJump),
    up(before.longhorn, after.longhorn, (from, to) => chartJump("longhorn", from, to)),
  ].filter((line) => line !== undefined);
}

export type Chart = "longhorn" | "traefik";

/** @param from Release that a node runs, e.g. `v1.11.5`. */
export function talosJump(from: string, to: string): string | undefined {
  const step = minorsUp(from, to);
  if (step === 0 || step === 1) return undefined;
  if (step > 1) return skip(TALOS_KEY, from, to, "which Talos does not test");
  const minor = minorOf(from);
  return (
    `${TALOS_KEY}: ${from} runs, and "${to}" is of an older minor, which could not read the machine configs of ${minor}; ` +
    stay(from)
  );
}

/** @param from Release that the nodes run, e.g. `1.34.0`. */
export function kubernetesJump(from: string, to: string): string | undefined {
  const step = minorsUp(from, to);
  if (step === 0 || step === 1) return undefined;
  if (step > 1) return skip(KUBERNETES_KEY, from, to, "which Kubernetes does not support");
  return (
    `${KUBERNETES_KEY}: ${from} runs, and "${to}" is of an older minor, to which Kubernetes cannot go back; ` +
    stay(from)
  );
}

/**
 * Whether the Kubernetes that runs is too old for a Talos: Talos is upgraded first, so for a while the two would go
 * together, whatever Kubernetes comes next.
 *
 * @param running Kubernetes release of the nodes, e.g. `1.29.4`.
 * @param talosVersion Talos release that they are about to get.
 */
export function kubernetesOutgrown(running: string, talosVersion: string): string | undefined {
  const release = talosRelease(talosVersion);
  if (!release || compareVersions(minorOf(running), release.oldestKubernetes) >= 0) return undefined;
  return (
    `${TALOS_KEY}: "${talosVersion}" supports Kubernetes ${release.oldestKubernetes} to ${release.newestKubernetes}, and ` +
    `${running} runs; leave talosVersion as it was, take kubernetesVersion to ${release.oldestKubernetes}, a minor at a time, ` +
    `\`up\`, then go on to ${talosVersion}`
  );
}

/** @param from Chart version of the release in the cluster. */
export function chartJump(chart: Chart, from: string, to: string): string | undefined {
  return chart === "longhorn" ? longhornJump(from, to) : traefikJump(from, to);
}

function longhornJump(from: string, to: string): string | undefined {
  const key = "homelab:longhorn.version";
  if (compareVersions(to, from) < 0) {
    return `${key}: ${from} runs, and "${to}" is older, which Longhorn refuses, even by a patch; set ${from} or a newer one`;
  }
  const step = minorsUp(from, to);
  if (step === 0 || step === 1) return undefined;
  const next = LONGHORN_CHARTS.find((version) => minorOf(version) === nextMinor(from));
  return (
    `${key}: ${from} runs, and "${to}" skips a minor, which Longhorn refuses; set ${next ?? `a version of ${nextMinor(from)}`}, ` +
    `\`up\`, then go on to ${to}`
  );
}

/** Traefik's chart keeps no rule of its own. Within what is supported, only an older major would meet newer resources. */
function traefikJump(from: string, to: string): string | undefined {
  if (numbersOf(to).major >= numbersOf(from).major) return undefined;
  return (
    `homelab:traefik.version: ${from} runs, and "${to}" is of an older major, whose chart does not know the resources of ` +
    `this one; set ${from} or a newer one`
  );
}

/** Infinite across majors, of which none was ever left. */
function minorsUp(from: string, to: string): number {
  return minorSteps(from, to) ?? (compareVersions(to, from) > 0 ? Infinity : -Infinity);
}

/** Both minors that are allowed stand in it: the one that runs and the next. */
function skip(key: string, from: string, to: string, reason: string): string {
  const allowed = listWords([minorOf(from), nextMinor(from)], "and");
  return (
    `${key}: ${from} runs, and "${to}" skips a minor, ${reason}; allowed are ${allowed}: set a release of ` +
    `${nextMinor(from)}, \`up\`, then go on to ${to}`
  );
}

function stay(from: string): string {
  return `set ${from} again, or another release of ${minorOf(from)} or the next minor`;
}
