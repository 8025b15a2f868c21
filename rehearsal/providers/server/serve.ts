/**
 * Serves a simulated provider by Pulumi's provider protocol on loopback, inside this process, so that the engine attaches
 * to it (`PULUMI_DEBUG_PROVIDERS="talos:PORT"`) instead of starting a plugin.
 */
import * as grpc from "@grpc/grpc-js";
import providerService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type { Interceptor } from "../../faults/fault.ts";
import type { SimulatedProvider } from "./provider.ts";
import { ProviderServer } from "./server.ts";

export interface ServedProvider {
  name: string;
  port: number;
  close(): Promise<void>;
}

// The engine sends whole property maps in a message; its own limit is 400 MB (pulumi/sdk/go/common/util/rpcutil).
const MAX_MESSAGE = 400 * 1024 * 1024;

export async function serveProvider<Configured>(
  provider: SimulatedProvider<Configured>,
  options: { port?: number; intercept?: Interceptor } = {},
): Promise<ServedProvider> {
  const server = new grpc.Server({
    "grpc.max_receive_message_length": MAX_MESSAGE,
    "grpc.max_send_message_length": MAX_MESSAGE,
  });
  const handlers = new ProviderServer(provider, options.intercept);
  server.addService(providerService.ResourceProviderService, handlers.implementation());
  const port = await new Promise<number>((resolve, reject) => {
    const address = `127.0.0.1:${options.port ?? 0}`;
    server.bindAsync(address, grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error)
        reject(new Error(`cannot serve the ${provider.name} provider on ${address}: ${error.message}`));
      else resolve(bound);
    });
  });
  return {
    name: provider.name,
    port,
    close: () =>
      new Promise((resolve) => {
        handlers.cancelAll();
        // An engine that was killed never closes its side: do not wait for it.
        server.forceShutdown();
        resolve();
      }),
  };
}

/** The value of PULUMI_DEBUG_PROVIDERS that attaches these servers. */
export function attachTo(served: Pick<ServedProvider, "name" | "port">[]): string {
  return served.map(({ name, port }) => `${name}:${port}`).join(",");
}
