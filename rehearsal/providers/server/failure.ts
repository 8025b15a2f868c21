/** Errors on their way to the engine: the message alone, no stack, plus the details of a half-made resource. */
import * as grpc from "@grpc/grpc-js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import status from "@pulumi/pulumi/proto/status_pb.js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import { InitFailed } from "./provider.ts";
import { protectLike } from "./values.ts";
import { toStruct } from "./wire.ts";

/** An error in gRPC's form. */
export class ServiceFailure extends Error {
  constructor(
    readonly code: grpc.status,
    readonly details: string,
    readonly metadata?: grpc.Metadata,
  ) {
    super(details);
  }
}

/** `like` tells what is secret in the outputs of a resource that is half there. */
export function toServiceError(error: unknown, like?: unknown): ServiceFailure {
  if (error instanceof ServiceFailure) return error;
  const details = error instanceof Error ? error.message : String(error);
  if (!(error instanceof InitFailed)) return new ServiceFailure(codeOf(error), details);

  const init = new provider.ErrorResourceInitFailed();
  init.setId(error.id);
  init.setProperties(toStruct(protectLike(error.outputs, like)));
  init.setReasonsList(error.reasons);
  const packed = new any.Any();
  packed.pack(init.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const rich = new status.Status();
  rich.setCode(grpc.status.UNKNOWN);
  rich.setMessage(details);
  rich.addDetails(packed);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(rich.serializeBinary()));
  return new ServiceFailure(grpc.status.UNKNOWN, details, metadata);
}

function codeOf(error: unknown): grpc.status {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "number" && code in grpc.status ? code : grpc.status.UNKNOWN;
}
