/** How faults show in a provider server: the keys of its operations, and the errors in gRPC's form. */
import * as grpc from "@grpc/grpc-js";
import type { Interceptor, Manner } from "../world/kernel/request-faults.ts";
import type { World } from "../world/kernel/world.ts";
import { ServiceFailure, type Around, type PropertyMap } from "./server/index.ts";

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

/** Lets `intercept` stand around everything that the provider of that name is asked for. */
export function disturbed(world: World, name: string, intercept: Interceptor): Around {
  return ({ verb, subject, args, signal }, work) => {
    const key = verb === "invoke" ? functionKey(name, subject, args ?? {}) : resourceKey(name, verb, subject);
    const manner: Manner = {
      changes: verb !== "invoke" && verb !== "read",
      signal,
      patience: PATIENCE,
      sleep: (seconds) => world.clock.sleep(seconds),
      failed: () =>
        new ServiceFailure(grpc.status.UNKNOWN, `${name}: the server is overloaded (injected fault)`),
      timedOut: () =>
        new ServiceFailure(grpc.status.DEADLINE_EXCEEDED, "context deadline exceeded (injected fault)"),
      broken: () =>
        new ServiceFailure(grpc.status.UNAVAILABLE, "error reading from server: EOF (injected fault)"),
    };
    return intercept(key, manner, work);
  };
}
