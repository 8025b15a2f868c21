/**
 * Talos's own gRPC API for the simulated nodes, on loopback. One port is a tunnel's end: each call goes to the node that its
 * metadata names. Besides, each address of a machine may have an end of its own, which is what that machine is: maintenance
 * mode without certificates, or a node.
 */
import type { Interceptor } from "../../world/kernel/request-faults.ts";
import type { World } from "../../world/kernel/world.ts";
import { resumeSequences } from "../../world/talos/machined/sequence.ts";
import { identityOf } from "./authority.ts";
import { openBridge, PortTaken } from "./bridge.ts";
import { openDoor } from "./door.ts";

export interface TalosServerOptions {
  /** Path of the built `tools/talos`. */
  executable: string;
  /** The one to have if it is free; no state names it, so another will do. */
  port?: number;
  /** Addresses of machines, each of which gets an end of its own. */
  addresses?: string[];
  intercept?: Interceptor;
}

export interface TalosServer {
  /** Of the tunnel, on 127.0.0.1. */
  port: number;
  /** Host and port of each address's own end. */
  endpoints: Record<string, string>;
  /** Ends the server; sequences that have begun are finished first. */
  close(): Promise<void>;
}

export async function serveTalos(world: World, options: TalosServerOptions): Promise<TalosServer> {
  const door = openDoor(world, options.intercept);
  resumeSequences(world);
  const open = (port: number) =>
    openBridge(options.executable, port, async (call) =>
      call.method === "tls.identity" ? identityOf(world, call.via) : door.call(call),
    );
  const bridge = await open(options.port ?? 0).catch((error: unknown) => {
    if (error instanceof PortTaken) return open(0);
    throw error;
  });
  const endpoints: Record<string, string> = {};
  for (const address of options.addresses ?? []) endpoints[address] = await bridge.listen(address);
  return {
    port: bridge.port,
    endpoints,
    async close() {
      await world.ended();
      await bridge.close();
    },
  };
}
