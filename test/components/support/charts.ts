/** The charts' own files, where this checkout has them beside it, and how Helm puts values on top of a chart's defaults. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

const DATA = resolve(fileURLToPath(import.meta.url), "../../../../../shared/data");

export type Values = Record<string, unknown>;

/** Whether the file is there; tests that need it are skipped, visibly, where it is not. */
export function hasData(file: string): boolean {
  return existsSync(resolve(DATA, file));
}

export function readData(file: string): Values {
  return parse(readFileSync(resolve(DATA, file), "utf8")) as Values;
}

function isMap(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Helm's coalescing: maps are merged, a null takes the chart's key away, everything else replaces. */
export function coalesced(defaults: Values, values: Values): Values {
  const merged: Values = { ...defaults };
  for (const [key, value] of Object.entries(values)) {
    if (value === null) delete merged[key];
    else merged[key] = isMap(value) ? coalesced(isMap(merged[key]) ? merged[key] : {}, value) : value;
  }
  return merged;
}

/** Paths of values that the chart has no key for: it would ignore them, or fail on them. */
export function unknownPaths(defaults: Values, values: Values, path = ""): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    if (!(key in defaults)) return [`${path}${key}`];
    const known = defaults[key];
    // An empty map, or none, takes whatever it is given.
    return isMap(value) && isMap(known) && Object.keys(known).length > 0
      ? unknownPaths(known, value, `${path}${key}.`)
      : [];
  });
}
