/** Talos's own gRPC API for all simulated nodes, on one loopback port: each call goes to the node that its metadata names. */
import { undisturbed, type Interceptor } from "../../world/kernel/request-faults.ts";
import { reach } from "../../world/talos/api.ts";
import { TalosError } from "../../world/talos/errors.ts";
import { resumeSequences } from "../../world/talos/machined/sequence.ts";
import type { World } from "../../world/kernel/world.ts";
import { authorityOf, defaultNode } from "./authority.ts";
import { openBridge, PortTaken, type Call } from "./bridge.ts";
import { callKey, callManner } from "./faults.ts";
import { etcdMethods } from "./etcd.ts";
import { healthMethods } from "./health.ts";
import type { NodeMethod } from "./method.ts";
import { machineMethods } from "./machine.ts";
import { resourceMethods } from "./resources.ts";

export interface TalosServerOptions {
  /** Path of the built `tools/talos`. */
  executable: string;
  /** The one to have if it is free; no state names it, so another will do. */
  port?: number;
  intercept?: Interceptor;
}

export interface TalosServer {
  port: number;
  /** Ends the server; sequences that have begun are finished first. */
  close(): Promise<void>;
}

const METHODS: Record<string, NodeMethod> = {
  ...machineMethods,
  ...etcdMethods,
  ...resourceMethods,
  ...healthMethods,
};

export async function serveTalos(world: World, options: TalosServerOptions): Promise<TalosServer> {
  const intercept = options.intercept ?? undisturbed;
  resumeSequences(world);
  const open = (port: number) =>
    openBridge(options.executable, port, (call) => {
      if (call.method === "tls.authority") return Promise.resolve(authorityOf(world));
      return answer(world, intercept, call);
    });
  const bridge = await open(options.port ?? 0).catch((error: unknown) => {
    if (error instanceof PortTaken) return open(0);
    throw error;
  });
  return {
    port: bridge.port,
    async close() {
      await world.ended();
      await bridge.close();
    },
  };
}

async function answer(world: World, intercept: Interceptor, given: Call): Promise<unknown> {
  const call = { ...given, node: given.node || defaultNode(world) };
  const method = Object.hasOwn(METHODS, call.method) ? METHODS[call.method] : undefined;
  const changes = method?.changes ?? false;
  return intercept(callKey(call), callManner(world, call.signal, changes), async () => {
    const machine = await reach(world, call.node, call.authority);
    if (!method) {
      const name = call.method.split("/").at(-1);
      throw new TalosError("Unimplemented", `method ${name} not implemented`);
    }
    try {
      return await method.answer({ ...call, world, machine });
    } finally {
      if (changes) await world.commit();
    }
  });
}
