/** How faults show in the Kubernetes API: the keys of its requests, and the errors of an API server under strain. */
import type { Manner } from "../../world/kernel/request-faults.ts";
import type { World } from "../../world/kernel/world.ts";
import { ApiError } from "./status.ts";

/** An API server ends a request after a minute (kube-apiserver --request-timeout). */
const REQUEST_PATIENCE = 60;

/** The server hangs up instead of answering. */
export class BrokenConnection extends Error {}

export function requestKey(method: string, path: string): string {
  return `kubernetes ${method} ${path.replace(/\/+$/, "")}`;
}

export function requestManner(world: World, method: string): Manner {
  return {
    changes: method !== "GET",
    patience: REQUEST_PATIENCE,
    sleep: (seconds) => world.clock.sleep(seconds),
    failed: () => new ApiError(500, "InternalError", "Internal error occurred: etcdserver: leader changed"),
    timedOut: () =>
      new ApiError(
        504,
        "Timeout",
        "Timeout: request did not complete within requested timeout - context deadline exceeded",
      ),
    broken: () => new BrokenConnection(),
  };
}
