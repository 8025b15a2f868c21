/** From what the user wrote to what the program trusts, or to the whole list of what is wrong with it. Pure. */
import { toConfig } from "./derive.ts";
import { readDraft, topPath } from "./draft.ts";
import { isPlainKey, keyPath, show, type Problem } from "./problem.ts";
import { isMissing, unknownKey } from "./read.ts";
import { RULES } from "./rules/index.ts";
import { configSchema, PROJECT, TOKEN_KEY } from "./schema.ts";
import { editDistance, suggest } from "./suggest.ts";
import type { HomelabConfig } from "./types.ts";

export type Parsed = { ok: HomelabConfig; problems?: undefined } | { ok?: undefined; problems: Problem[] };

/**
 * `raw` is the `config:` section of a stack file with its values as plain data: `{"homelab:cluster": {...}, ...}`. Keys of
 * other namespaces belong to Pulumi and its providers and are left alone. The API token is not looked at.
 */
export function parseConfig(raw: Record<string, unknown>): Parsed {
  const { values, unknown } = ownKeys(raw);
  const problems: Problem[] = unknown.map(({ problem }) => problem);
  const shapes: Problem[] = [];
  const draft = readDraft(values, shapes);
  // A misspelt key is one mistake: the section that was meant is not told to be missing as well.
  const meant = unknown.filter(({ means }) => !Object.hasOwn(values, means ?? "")).map(({ means }) => means);
  problems.push(
    ...shapes.filter(({ path, message }) => !(meant.includes(keyOf(path)) && isMissing(message))),
  );
  for (const rule of RULES) problems.push(...rule.check(draft));
  return problems.length === 0 ? { ok: toConfig(draft) } : { problems: inFileOrder(problems) };
}

function keyOf(path: string): string {
  return path.slice(PROJECT.length + 1);
}

/** By section, and the nodes one after the other; within, the order in which they were found. */
function inFileOrder(problems: Problem[]): Problem[] {
  const sections = Object.keys(configSchema.shape);
  const place = ({ path }: Problem): number[] => {
    const [, section = "", index = "-1"] = /^homelab:(\w+)(?:\[(\d+)\])?/.exec(path) ?? [];
    return [sections.indexOf(section), Number(index)];
  };
  return problems
    .map((problem) => ({ problem, place: place(problem) }))
    .sort((a, b) => (a.place[0] ?? 0) - (b.place[0] ?? 0) || (a.place[1] ?? 0) - (b.place[1] ?? 0))
    .map(({ problem }) => problem);
}

interface UnknownKey {
  problem: Problem;
  /** The key that was probably meant, without the project's name. */
  means?: string | undefined;
}

/** The project's keys without its name, and the ones that nobody knows. */
function ownKeys(raw: Record<string, unknown>): { values: Record<string, unknown>; unknown: UnknownKey[] } {
  const known = [...Object.keys(configSchema.shape), TOKEN_KEY];
  const values: Record<string, unknown> = {};
  const unknown: UnknownKey[] = [];
  for (const [key, value] of Object.entries(raw)) {
    const colon = key.indexOf(":");
    const namespace = key.slice(0, Math.max(colon, 0));
    const name = key.slice(colon + 1);
    if (namespace === PROJECT && known.includes(name)) values[name] = value;
    else if (namespace === PROJECT) {
      unknown.push({ problem: unknownKey(topKeyPath(name), name, known), means: suggest(name, known) });
    } else if (namespace !== "" && namespace.length < 20 && editDistance(namespace, PROJECT) <= 2) {
      unknown.push(otherNamespace(key, name, known));
    }
  }
  return { values, unknown };
}

/** Namespaces belong to providers, but none is called nearly like this project. */
function otherNamespace(key: string, name: string, known: string[]): UnknownKey {
  const means = known.includes(name) ? name : undefined;
  const hint = means === undefined ? `keys here start with ${PROJECT}:` : `did you mean "${topPath(means)}"?`;
  const path = isPlainKey(key.replace(":", "")) ? key : show(key);
  return { problem: { path, message: `is no known key; ${hint}` }, means };
}

function topKeyPath(name: string): string {
  return isPlainKey(name) ? topPath(name) : keyPath(PROJECT, name);
}
