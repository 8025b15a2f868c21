/** Which versions go together. A row is added when the program was tried with it, not when it came out. */
import { coerce, SemVer } from "semver";

export interface TalosRelease {
  /** Without the patch, e.g. `1.12`. */
  minor: string;
  /** What the first release of that minor installs. It stays when the patch rises, so that Kubernetes moves on its own. */
  defaultKubernetes: string;
  oldestKubernetes: string;
  newestKubernetes: string;
}

/**
 * Oldest first. Sources: `pkg/machinery/compatibility/talos111` and `talos112` (ranges) and `constants.DefaultKubernetesVersion`
 * at v1.11.0 and v1.12.0 of siderolabs/talos; the support matrix at docs.siderolabs.com has the same.
 */
export const TALOS_RELEASES: readonly TalosRelease[] = [
  { minor: "1.11", defaultKubernetes: "1.34.0", oldestKubernetes: "1.29", newestKubernetes: "1.34" },
  { minor: "1.12", defaultKubernetes: "1.35.0", oldestKubernetes: "1.30", newestKubernetes: "1.35" },
];

/** Chart versions whose values this program knows, newest first. 1.10 made `defaultReplicaCount` a map of strings. */
export const LONGHORN_CHARTS: readonly string[] = ["1.12.1", "1.11.3", "1.10.2"];

/** Chart versions whose values this program knows, newest first. */
export const TRAEFIK_CHARTS: readonly string[] = ["41.3.0"];

export function talosRelease(talosVersion: string): TalosRelease | undefined {
  const minor = minorOf(talosVersion);
  return TALOS_RELEASES.find((release) => release.minor === minor);
}

/** As numbers, whatever stands before or after them: `v1.12.3`, `1.12`, `8.4-1`. What has none is older than everything. */
export function numbersOf(version: string): SemVer {
  return coerce(version) ?? new SemVer("0.0.0");
}

/** `v1.12.3` and `1.12.3` are of `1.12`. */
export function minorOf(version: string): string {
  const { major, minor } = numbersOf(version);
  return `${major}.${minor}`;
}

/** The minor after that of a version. */
export function nextMinor(version: string): string {
  return minorOf(numbersOf(version).inc("minor").version);
}

/** How many minor versions `to` lies above `from`; undefined when they differ in the major version. */
export function minorSteps(from: string, to: string): number | undefined {
  const [before, after] = [numbersOf(from), numbersOf(to)];
  return before.major === after.major ? after.minor - before.minor : undefined;
}

/** Negative if `a` is the older one. */
export function compareVersions(a: string, b: string): number {
  return numbersOf(a).compare(numbersOf(b));
}

export function kubernetesSupported(release: TalosRelease, kubernetesVersion: string): boolean {
  const minor = minorOf(kubernetesVersion);
  return (
    compareVersions(minor, release.oldestKubernetes) >= 0 &&
    compareVersions(minor, release.newestKubernetes) <= 0
  );
}
