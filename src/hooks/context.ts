/**
 * Provider calls made from a resource hook. The engine runs hooks outside of the async context in which the program
 * runs, and the SDK keeps its connection to the engine there, so the context must be taken while the program runs.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import * as pulumi from "@pulumi/pulumi";

export type InProgramContext = <T>(call: () => Promise<T>) => Promise<T>;

/** Must be called while the program runs, i.e. in a component's constructor. */
export function programContext(): InProgramContext {
  const snapshot = AsyncLocalStorage.snapshot();
  return (call) => snapshot(call);
}

/** The value of an output that is known by the time a hook runs, because the hook's resource depends on it. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<pulumi.Unwrap<T>> {
  return new Promise((resolve) => {
    pulumi.output(output).apply(resolve);
  });
}
