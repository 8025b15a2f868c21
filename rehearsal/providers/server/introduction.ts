/** The methods by which a provider tells what it is, and those that none of ours has. */
import * as grpc from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { ServiceFailure } from "./failure.ts";
import { unary } from "./unary.ts";

export function introduction({
  name,
  version,
}: {
  name: string;
  version: string;
}): grpc.UntypedServiceImplementation {
  const without = (method: string) =>
    unary(() =>
      Promise.reject(new ServiceFailure(grpc.status.UNIMPLEMENTED, `${name}: ${method} is not implemented`)),
    );
  return {
    handshake: unary(() => {
      const response = new provider.ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      return Promise.resolve(response);
    }),
    attach: unary(() => Promise.resolve(new empty.Empty())),
    getPluginInfo: unary(() => {
      const info = new plugin.PluginInfo();
      info.setVersion(version);
      return Promise.resolve(info);
    }),
    getSchema: unary(() => {
      const response = new provider.GetSchemaResponse();
      response.setSchema(JSON.stringify({ name, version }));
      return Promise.resolve(response);
    }),
    construct: without("Construct"),
    call: without("Call"),
    parameterize: without("Parameterize"),
    getMapping: without("GetMapping"),
    getMappings: without("GetMappings"),
    list: (call: grpc.ServerWritableStream<unknown, unknown>) => {
      call.emit("error", { code: grpc.status.UNIMPLEMENTED, details: "List is not implemented" });
    },
  };
}
