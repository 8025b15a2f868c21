/** What the handlers of the talos provider share: reading inputs, and time limits. */
import type { Credentials } from "../../world/talos/api.ts";
import { UNKNOWN, hasUnknown, isRecord, secret, type PropertyMap } from "../server/index.ts";
import type { NodeInputs } from "./client.ts";

/** The provider's time limit unless `timeouts` says otherwise (terraform-provider-talos: 10 minutes everywhere). */
const DEFAULT_TIMEOUT = 600;

/** The endpoint is the node itself unless given. */
export function endpointOf(inputs: PropertyMap): unknown {
  return inputs["endpoint"] ?? inputs["node"];
}

export function nodeInputs(inputs: PropertyMap): NodeInputs {
  const given = inputs["clientConfigurationWo"] ?? inputs["clientConfiguration"];
  const node = text(inputs["node"]);
  const endpoint = text(endpointOf(inputs));
  return isRecord(given) ? { node, endpoint, credentials: credentialsOf(given) } : { node, endpoint };
}

export function credentialsOf(value: unknown): Credentials {
  const given = isRecord(value) ? value : {};
  return {
    caCertificate: text(given["caCertificate"]),
    clientCertificate: text(given["clientCertificate"]),
    clientKey: text(given["clientKey"]),
  };
}

/** The key is a secret wherever it shows (schema: `secret: true`). */
export function protectedCredentials(value: unknown): unknown {
  if (!isRecord(value) || value["clientKey"] === undefined) return value;
  return { ...value, clientKey: secret(value["clientKey"]) };
}

export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** Unknown if any of the values is, else what `make` makes of them. */
export function whenKnown<Result>(values: unknown[], make: () => Result): Result | typeof UNKNOWN {
  return values.some(hasUnknown) ? UNKNOWN : make();
}

/** Which of the client configuration's two forms is missing or given twice (the provider's ValidateConfig). */
export function exactlyOne(
  inputs: PropertyMap,
  name: string,
  what: string,
): { property: string; reason: string }[] {
  const given = [name, `${name}Wo`].filter((key) => inputs[key] !== undefined && inputs[key] !== null);
  if (given.length === 1) return [];
  const rule = `Exactly one of ${name} or ${name}Wo must be set`;
  return [
    {
      property: name,
      reason: given.length === 0 ? `Missing ${what}: ${rule}` : `Conflicting ${what}: ${rule}`,
    },
  ];
}

/**
 * Seconds of `timeouts.<verb>`, a Go duration such as `10m`. A resource's customTimeouts are without effect: the bridge of providers
 * of this kind takes them and drops them (pulumi-terraform-bridge pkg/pf/tfbridge/provider_create.go).
 */
export function timeLimit(inputs: PropertyMap, verb: string): number {
  const timeouts = isRecord(inputs["timeouts"]) ? inputs["timeouts"] : {};
  const given = text(timeouts[verb]);
  return given ? goDuration(given) : DEFAULT_TIMEOUT;
}

const UNITS: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 0.001 };

export function goDuration(given: string): number {
  const parts = [...given.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== given) {
    throw new Error(`time: invalid duration "${given}"`);
  }
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * UNITS[unit!]!, 0);
}
