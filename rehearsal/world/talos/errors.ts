/** What a node answers when it refuses, in gRPC's form as a Go client prints it. */
export type Code =
  | "Unavailable"
  | "InvalidArgument"
  | "AlreadyExists"
  | "FailedPrecondition"
  | "Unimplemented"
  | "PermissionDenied"
  | "DeadlineExceeded"
  | "NotFound"
  | "Canceled"
  | "Internal"
  | "Unknown";

export class TalosError extends Error {
  readonly grpc: Code;
  readonly desc: string;

  constructor(code: Code, desc: string) {
    super(`rpc error: code = ${code} desc = ${desc}`);
    this.grpc = code;
    this.desc = desc;
  }
}

/** Nobody answers at an address, and why, as a Go client says it. */
export function unreachable(address: string, why: string): TalosError {
  return new TalosError(
    "Unavailable",
    `connection error: desc = "transport: Error while dialing: dial tcp ${address}:50000: ${why}"`,
  );
}
