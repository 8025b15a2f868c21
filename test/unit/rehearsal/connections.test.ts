/** An engine on a port on which an earlier one was called in vain. */
import { createRequire } from "node:module";
import { createServer } from "node:net";
import type * as Grpc from "@grpc/grpc-js";
import * as settings from "@pulumi/pulumi/runtime/settings.js";
import { expect, test } from "vitest";
import { sealedWorkspace } from "../../../rehearsal/engine/sealed-engine.ts";

// As the SDK loads them, with its own copy of the library.
const require = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi"));
const grpc = require("@grpc/grpc-js") as typeof Grpc;
const engine = require("./proto/engine_grpc_pb.js") as { EngineClient: Grpc.ServiceClientConstructor };

/** The SDK's client of an engine, made as the SDK makes it. */
function client(port: number) {
  const options = (settings as unknown as { grpcClientOptions: Grpc.ClientOptions }).grpcClientOptions;
  return new engine.EngineClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
    ...options,
    "grpc.enable_http_proxy": 0,
  });
}

/** What becomes of a call. */
function called(by: Grpc.Client): Promise<number> {
  const bytes = (value: Buffer) => value;
  return new Promise((resolve) => {
    by.makeUnaryRequest("/pulumirpc.Engine/Log", bytes, bytes, Buffer.alloc(0), (error) =>
      resolve(error?.code ?? grpc.status.OK),
    );
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test("is reached at once", async () => {
  sealedWorkspace({
    pulumi: "/none/pulumi",
    pulumiVersion: "3.0.0",
    pulumiHome: "/none",
    project: "p",
    workDir: "/none",
    backend: "/none",
    passphrase: "",
  });
  const port = await freePort();
  const former = client(port);
  expect(await called(former)).toBe(grpc.status.UNAVAILABLE);

  const server = new grpc.Server();
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    );
  });
  const later = client(port);
  // It knows no such call: somebody was there to say so.
  expect(await called(later)).toBe(grpc.status.UNIMPLEMENTED);
  for (const each of [former, later]) each.close();
  server.forceShutdown();
});
