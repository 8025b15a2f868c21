/** Reads the stack's configuration through Pulumi. The only file here that is not pure, and nothing is read at import. */
import * as pulumi from "@pulumi/pulumi";
import { topPath } from "./draft.ts";
import { parseConfig } from "./parse.ts";
import { formatProblem, type Problem } from "./problem.ts";
import { PROJECT, TOKEN_KEY } from "./schema.ts";
import { chooseToken, TOKEN_VARIABLE, type TokenSources } from "./token.ts";
import type { HomelabConfig } from "./types.ts";

export interface Loaded {
  config: HomelabConfig;
  /** For the Proxmox provider; stays a secret. */
  proxmoxApiToken: pulumi.Output<string>;
}

/** Throws one `RunError` that lists every mistake, which Pulumi prints without a stack trace. */
export function loadConfig(): Loaded {
  const values = pulumi.runtime.allConfig() as Record<string, string>;
  const configured: string | undefined = values[topPath(TOKEN_KEY)];
  const checked = checkConfig(values, {
    configured,
    environment: process.env[TOKEN_VARIABLE],
    encrypted: Object.keys(values).filter(isSecretKey),
  });
  if (checked.problems) throw new pulumi.RunError(describeProblems(checked.problems));
  return { config: checked.config, proxmoxApiToken: pulumi.secret(checked.token) };
}

type Checked = { config: HomelabConfig; token: string; problems?: undefined } | { problems: Problem[] };

/** Pure: `values` as Pulumi hands them to a program, structures as JSON text. */
export function checkConfig(values: Readonly<Record<string, string>>, surroundings: TokenSources): Checked {
  const token = chooseToken(surroundings);
  const tokenProblems = "problem" in token ? [token.problem] : [];
  const encrypted = (surroundings.encrypted ?? []).filter(
    (key) => key.startsWith(`${PROJECT}:`) && key !== topPath(TOKEN_KEY),
  );
  // Messages quote what they find, so nothing encrypted may get that far.
  if (encrypted.length > 0) return { problems: [...encrypted.map(needlesslySecret), ...tokenProblems] };
  const raw: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(values)) {
    raw[masked(key, surroundings)] = key === topPath(TOKEN_KEY) ? "" : decode(masked(text, surroundings));
  }
  const parsed = parseConfig(raw);
  if (parsed.ok && "token" in token) return { config: parsed.ok, token: token.token };
  return { problems: [...(parsed.problems ?? []), ...tokenProblems] };
}

/** What this program reads in plain ends up in plain in the state; encrypting it only seems to help. */
function needlesslySecret(path: string): Problem {
  return {
    path,
    message: `is encrypted, but only ${topPath(TOKEN_KEY)} is treated as a secret; set it again without --secret`,
  };
}

/**
 * A token pasted into the wrong key would be quoted as what was found there, so it is masked before anything is read:
 * whole, and its part after the `=`, which is the secret proper.
 */
function masked(text: string, sources: TokenSources): string {
  const tokens = [sources.configured, sources.environment].filter((value) => typeof value === "string");
  const secrets = tokens.flatMap((token) => [token, token.split("=").at(-1) ?? ""]);
  return secrets
    .filter((secret) => secret.length >= SHORTEST_MASKED)
    .reduce((sum, secret) => sum.split(secret).join("[secret]"), text);
}

/** A shorter text may well be an ordinary word of the configuration. */
const SHORTEST_MASKED = 12;

/** Pulumi hands structures, numbers and booleans over as JSON, and text as it is. */
function decode(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function describeProblems(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? "1 mistake" : `${problems.length} mistakes`;
  return [
    `the configuration has ${count}:`,
    ...problems.map((problem) => `  ${formatProblem(problem)}`),
  ].join("\n");
}

/** Not in the SDK's types, yet the only way to learn it without a second copy of the engine's variable. */
function isSecretKey(key: string): boolean {
  const { isConfigSecret } = pulumi.runtime as { isConfigSecret?: (key: string) => boolean };
  return isConfigSecret?.(key) ?? false;
}
