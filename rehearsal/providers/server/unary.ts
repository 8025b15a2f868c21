/** One kind of gRPC method for all: a promise in, a callback out, errors cleaned on the way. */
import type * as grpc from "@grpc/grpc-js";
import { toServiceError } from "./failure.ts";

export type Unary<Request, Response> = (call: grpc.ServerUnaryCall<Request, Response>) => Promise<Response>;

export function unary<Request, Response>(
  work: Unary<Request, Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve()
      .then(() => work(call))
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(toServiceError(error)),
      );
  };
}
