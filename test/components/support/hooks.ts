/** Runs a resource's hooks as the engine would, after the program has registered everything. */
import { resource } from "./find.ts";
import type { Call, Run } from "./mock-engine.ts";

/** Functions that only hooks may call. */
export const DISKS = "talos:machine/getDisks:getDisks";
export const HEALTH = "talos:cluster/getHealth:getHealth";
export const KUBECONFIG = "talos:cluster/getKubeconfig:getKubeconfig";

export type Kind = "beforeCreate" | "beforeUpdate" | "afterUpdate" | "onError";

/** All hooks of that kind, one after the other, until one fails; the answer is the last one's. */
export async function hook(
  run: Run<unknown>,
  name: string,
  kind: Kind,
  args: Record<string, unknown> = {},
): Promise<unknown> {
  const names = resource(run, name).options.hooks?.[kind] ?? [];
  if (names.length === 0) throw new Error(`${name} has no hook ${kind}`);
  let answer: unknown;
  // A hook may throw as well as reject; to the engine both are a failure.
  for (const each of names) answer = await run.hooks.get(each)!({ name, ...args });
  return answer;
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
