/** How faults show in a provider server: the keys of its operations, and the errors in gRPC's form. */
import * as grpc from "@grpc/grpc-js";
import type { Manner } from "../../world/kernel/request-faults.ts";
import { ServiceFailure } from "./failure.ts";
import type { SimulatedProvider } from "./provider.ts";
import type { PropertyMap } from "./values.ts";

/** What every provider call waits for at the most, in simulated seconds (terraform-provider-talos: 10 minutes). */
const PATIENCE = 600;

export function resourceKey(provider: string, verb: string, urn: string): string {
  return `${provider} ${verb} ${urn.split("::").at(-1)}`;
}

/** Functions are told apart by what they are asked about, where they are about one thing. */
export function functionKey(provider: string, token: string, args: PropertyMap): string {
  const about = [args["node"], args["machineType"]].filter((value) => typeof value === "string");
  return [`${provider} invoke ${token.split(":").at(-1)}`, ...about].join(" ");
}

export function mannerOf(
  { name, sleep }: Pick<SimulatedProvider<never>, "name" | "sleep">,
  signal: AbortSignal,
  changes: boolean,
): Manner {
  return {
    changes,
    signal,
    patience: PATIENCE,
    sleep: sleep ?? (() => Promise.resolve()),
    failed: () =>
      new ServiceFailure(grpc.status.UNKNOWN, `${name}: the server is overloaded (injected fault)`),
    timedOut: () =>
      new ServiceFailure(grpc.status.DEADLINE_EXCEEDED, "context deadline exceeded (injected fault)"),
    broken: () =>
      new ServiceFailure(grpc.status.UNAVAILABLE, "error reading from server: EOF (injected fault)"),
  };
}
