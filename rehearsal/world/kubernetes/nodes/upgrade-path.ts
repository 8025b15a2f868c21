/** From which version of Kubernetes to which talosctl goes (go-kubernetes v0.2.28, kubernetes/upgrade/path.go). */
import { compareVersions, numbersOf } from "../../kernel/versions.ts";

/** The minors that this talosctl knows. */
const OLDEST = 19;
const NEWEST = 35;

export interface UpgradePath {
  from: string;
  to: string;
}

/** Refused before anything has moved; in the words of talosctl. */
export class UpgradeRefused extends Error {}

/** Throws what talosctl says of a version that is none. */
export function parsePath(from: string, to: string): UpgradePath {
  return { from: parse(from, "from"), to: parse(to, "to") };
}

function parse(version: string, which: string): string {
  const bare = version.replace(/^v+/, "");
  if (/^\d+\.\d+(\.\d+)?(-[0-9A-Za-z.-]+)?$/.test(bare)) return bare;
  throw new UpgradeRefused(
    `error creating upgrade path error parsing ${which} version: Invalid character(s) found in version "${bare}"`,
  );
}

/** Within a minor in either direction, or to the next one. */
export function checkPath({ from, to }: UpgradePath): void {
  const [fromMinor, toMinor] = [numbersOf(from), numbersOf(to)];
  const known = (minor: number) => minor >= OLDEST && minor <= NEWEST;
  const step = toMinor.minor - fromMinor.minor;
  const first = fromMinor.major === 1 && toMinor.major === 1;
  if (first && known(fromMinor.minor) && known(toMinor.minor) && (step === 0 || step === 1)) return;
  throw new UpgradeRefused(
    `unsupported upgrade path ${fromMinor.major}.${fromMinor.minor}->${toMinor.major}.${toMinor.minor} (from "${from}" to "${to}")`,
  );
}

export function lowest(versions: string[]): string | undefined {
  return [...versions].sort(compareVersions)[0];
}
