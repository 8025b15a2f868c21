import { coerce, SemVer } from "semver";

/** The numbers of a version, with or without a `v` before them and a suffix after them: `v1.12.0`, `8.4-1`, `1.35`. */
export function numbersOf(version: string): SemVer {
  return coerce(version) ?? new SemVer("0.0.0");
}

/** Negative when `a` is the older one. */
export function compareVersions(a: string, b: string): number {
  return numbersOf(a).compare(numbersOf(b));
}
