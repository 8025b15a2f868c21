/**
 * An environment's own config file, as the rehearsal uses it: read, never written. Secrets are replaced by made-up
 * values, so that no passphrase is needed; only the Proxmox endpoint and its credentials point somewhere else.
 */
import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { parse, YAMLParseError } from "yaml";
import { parseConfig } from "../src/config/parse.ts";
import { formatProblem, show } from "../src/config/problem.ts";
import { suggest } from "../src/config/suggest.ts";
import { PLAIN_TOKEN } from "../src/config/token.ts";
import type { HomelabConfig } from "../src/config/types.ts";
import { isSpecialKey, setAt } from "./overlay.ts";
import { REHEARSED } from "./paths.ts";
import { UserError } from "./user-error.ts";

type Tree = Record<string, unknown>;

export interface Environment {
  /** Config keys with their namespace, e.g. `homelab:nodes`. */
  plain: Tree;
  /** Secret leaf keys with made-up values. */
  secrets: Record<string, string>;
}

export const PROXMOX_TOKEN_KEY = "homelab:proxmoxApiToken";
export const PROTECT_KEY = "homelab:protect";

/** Reads `Pulumi.<stack>.yaml` of the project. */
export async function readEnvironment(
  project: string,
  stack: string,
  overlays: string[],
): Promise<Environment> {
  if (stack.startsWith(REHEARSED)) {
    throw new UserError(
      `"${stack}" cannot be rehearsed: names that begin with "${REHEARSED}" are those of the rehearsed stacks. Name the environment otherwise.`,
    );
  }
  const file = join(project, `Pulumi.${stack}.yaml`);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    const stacks = await environments(project);
    const hint = suggest(stack, stacks);
    throw new UserError(
      `There is no stack "${stack}": ${file} does not exist.` +
        (hint ? ` Did you mean "${hint}"?` : "") +
        ` Stacks here: ${stacks.join(", ") || "none"}.`,
    );
  }
  return withOverlays(parseEnvironment(text, `Pulumi.${stack}.yaml`), overlays);
}

export async function environments(project: string): Promise<string[]> {
  const names = await readdir(project);
  return names.flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []).sort();
}

export function parseEnvironment(text: string, file: string): Environment {
  const document = readYaml(text, file);
  const config = isTree(document) ? (document["config"] ?? {}) : undefined;
  if (!isTree(config)) throw new UserError(`${file} must hold a mapping "config:" of configuration keys.`);

  refuseSpecialKeys(config, file);
  const plain: Tree = {};
  const secrets: Record<string, string> = { [PROXMOX_TOKEN_KEY]: madeUpToken(file) };
  for (const [key, value] of Object.entries(config)) {
    if (key === PROXMOX_TOKEN_KEY && !isSecure(value)) throw new UserError(`${file}: ${key} ${PLAIN_TOKEN}`);
    if (key === PROXMOX_TOKEN_KEY) continue;
    if (isSecure(value)) secrets[key] = madeUp(key);
    else plain[key] = withoutSecure(key, value);
  }
  return { plain, secrets };
}

function withoutSecure(path: string, value: unknown): unknown {
  if (isSecure(value)) return madeUp(path);
  if (Array.isArray(value)) return value.map((item, index) => withoutSecure(`${path}[${index}]`, item));
  if (!isTree(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutSecure(`${path}.${key}`, item)]),
  );
}

/** `key=value` with the value as YAML; the key may reach into a structure (`nodes[1].cores`) and may omit `homelab:`. */
export function withOverlays(environment: Environment, overlays: string[]): Environment {
  const result = structuredClone(environment);
  for (const overlay of overlays) {
    const split = overlay.indexOf("=");
    const path = /^(?:[\w-]+:)?[\w-]+(?:\.[\w-]+|\[\d+\])*$/.exec(
      split > 0 ? overlay.slice(0, split) : "",
    )?.[0];
    if (!path)
      throw new UserError(`--config wants key=value, as in --config protect=false; found ${show(overlay)}.`);
    const full = path.includes(":") ? path : `homelab:${path}`;
    if (full === PROXMOX_TOKEN_KEY)
      throw new UserError(
        `--config ${full} is not needed: a rehearsal makes up its own token. Its value is not shown.`,
      );
    const keys = full.split(/[.[\]]/).filter((key) => key !== "");
    const value = readYaml(overlay.slice(split + 1), `The value of --config ${path}`);
    refuseSpecialKeys(value, `--config ${path}`);
    setAt(result.plain, keys, value);
  }
  return result;
}

function readYaml(text: string, what: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    const reason = error instanceof YAMLParseError ? error.message.split("\n")[0] : "it cannot be read";
    throw new UserError(`${what} is no valid YAML: ${reason?.replace(/:$/, "")}`);
  }
}

function madeUp(key: string): string {
  return `rehearsed-${digest(key).slice(0, 24)}`;
}

/** A token of the form that Proxmox gives out, the same at every run, so that nothing changes between two. */
function madeUpToken(seed: string): string {
  const hex = digest(seed);
  const uuid = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join("-");
  return `rehearsal@pve!homelab=${uuid}`;
}

function digest(text: string): string {
  return createHash("sha256").update(`rehearsal ${text}`).digest("hex");
}

/** Keys by which JavaScript reaches what all objects share: no configuration has them, and setting one would change them all. */
function refuseSpecialKeys(value: unknown, where: string): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    if (isSpecialKey(key)) throw new UserError(`${where}: ${key} is no key of a configuration.`);
    refuseSpecialKeys(item, where);
  }
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSecure(value: unknown): boolean {
  return isTree(value) && Object.keys(value).length === 1 && typeof value["secure"] === "string";
}

/** Throws what is wrong with it, all of it. */
export function validConfig(raw: Record<string, unknown>, stack: string): HomelabConfig {
  const parsed = parseConfig(raw);
  if (parsed.ok) return parsed.ok;
  const lines = parsed.problems.map((problem) => `  ${formatProblem(problem)}`);
  throw new UserError(`The configuration of stack "${stack}" cannot be used:\n${lines.join("\n")}`);
}
