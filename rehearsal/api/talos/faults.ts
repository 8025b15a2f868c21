/** How faults show in the Talos API: the keys of its calls, and the errors in gRPC's form. */
import type { Manner } from "../../world/kernel/request-faults.ts";
import { TalosError } from "../../world/talos/errors.ts";
import type { World } from "../../world/kernel/world.ts";
import type { Call } from "./calls.ts";

/** A gRPC connection is given up when its keepalive is not answered for so long (grpc-go: keepalive defaults of Talos's client). */
const PATIENCE = 60;

export function callKey({ method, node }: Pick<Call, "method" | "node">): string {
  return `node ${method.split("/").at(-1)} ${node}`;
}

export function callManner(world: World, signal: AbortSignal, changes: boolean): Manner {
  return {
    changes,
    signal,
    patience: PATIENCE,
    sleep: (seconds) => world.clock.sleep(seconds),
    failed: () => new TalosError("Internal", "the node is overloaded (injected fault)"),
    timedOut: () => new TalosError("DeadlineExceeded", "context deadline exceeded (injected fault)"),
    broken: () => new TalosError("Unavailable", "error reading from server: EOF (injected fault)"),
  };
}
