/**
 * Serves a simulated provider by Pulumi's provider protocol on loopback, inside this process, so that the engine attaches
 * to it (`PULUMI_DEBUG_PROVIDERS="talos:PORT"`) instead of starting a plugin.
 */
import { createServer, type AddressInfo } from "node:net";
import * as grpc from "@grpc/grpc-js";
import providerService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { Connections } from "./connections.ts";
import type { Around, SimulatedProvider } from "./provider.ts";
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
  options: { port?: number; around?: Around } = {},
): Promise<ServedProvider> {
  const connections = new Connections<Configured>();
  const server = new grpc.Server({
    "grpc.max_receive_message_length": MAX_MESSAGE,
    "grpc.max_send_message_length": MAX_MESSAGE,
    interceptors: [connections.guard],
  });
  const handlers = new ProviderServer(provider, connections, options.around);
  server.addService(providerService.ResourceProviderService, handlers.implementation());
  // The listener is ours, so that every connection is judged before gRPC sees it.
  const grpcSide = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());
  const listener = createServer({ noDelay: true }, (socket) => {
    connections.add(socket);
    grpcSide.injectConnection(socket);
  });
  await new Promise<void>((resolve, reject) => {
    const port = options.port ?? 0;
    listener.once("error", (error) =>
      reject(new Error(`cannot serve the ${provider.name} provider on 127.0.0.1:${port}: ${error.message}`)),
    );
    listener.listen(port, "127.0.0.1", resolve);
  });
  const { port } = listener.address() as AddressInfo;
  return {
    name: provider.name,
    port,
    close: () =>
      new Promise((resolve) => {
        handlers.cancelAll();
        // An engine that was killed never closes its side: do not wait for it.
        server.forceShutdown();
        connections.closeAll();
        listener.close(() => resolve());
      }),
  };
}

/** The value of PULUMI_DEBUG_PROVIDERS that attaches these servers. */
export function attachTo(served: Pick<ServedProvider, "name" | "port">[]): string {
  return served.map(({ name, port }) => `${name}:${port}`).join(",");
}
