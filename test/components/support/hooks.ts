/** Runs a resource's hooks as the engine would, after the program has registered everything. */
import { resource } from "./find.ts";
import type { Call, Run } from "./mock-engine.ts";

/** Functions that only hooks may call. */
export const DISKS = "talos:machine/getDisks:getDisks";
export const HEALTH = "talos:cluster/getHealth:getHealth";
export const KUBECONFIG = "talos:cluster/getKubeconfig:getKubeconfig";

export type Kind = "beforeCreate" | "beforeUpdate" | "afterUpdate" | "onError";

export function hook(
  run: Run<unknown>,
  name: string,
  kind: Kind,
  args: Record<string, unknown> = {},
): Promise<unknown> {
  const names = resource(run, name).options.hooks?.[kind] ?? [];
  if (names.length !== 1) throw new Error(`${name} has ${names.length} hooks ${kind}`);
  // A hook may throw as well as reject; to the engine both are a failure.
  return Promise.resolve().then(() => run.hooks.get(names[0]!)!(args));
}

/** The message with which a hook refuses. */
export async function failure(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error("the hook let it pass");
  return error.message;
}

/** The calls of one function so far, in order. */
export function called(run: Run<unknown>, token: string): Call[] {
  return run.calls.filter((call) => call.token === token);
}
