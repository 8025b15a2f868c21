/** Answers other than objects: a `Status` of the API's own shape (k8s.io/apimachinery, pkg/apis/meta/v1/types.go). */

/** Thrown by a route; sent as a `Status`. */
export class ApiError extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly details?: Record<string, unknown>,
  ) {
    super(message);
  }
}

export function statusOf({ code, reason, message, details }: ApiError): Record<string, unknown> {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    ...(reason ? { reason } : {}),
    ...(details ? { details } : {}),
    code,
  };
}

/** @param group Empty for the core group. */
export function notFound(group: string, resource: string, name: string): ApiError {
  const kind = group ? `${resource}.${group}` : resource;
  const details = { name, ...(group ? { group } : {}), kind: resource };
  return new ApiError(404, "NotFound", `${kind} "${name}" not found`, details);
}

/** A path or resource that the server does not have. */
export function noSuchResource(): ApiError {
  return new ApiError(404, "NotFound", "the server could not find the requested resource", {});
}

/** k8s.io/apiserver's words when no client certificate, or a foreign one, was shown and anonymous requests are off. */
export function unauthorized(): ApiError {
  return new ApiError(401, "Unauthorized", "Unauthorized");
}

/** A body of more bytes than the limit (k8s.io/apimachinery: pkg/api/errors, NewRequestEntityTooLargeError). */
export function tooLarge(limit: number): ApiError {
  return new ApiError(413, "RequestEntityTooLarge", `Request entity too large: limit is ${limit}`);
}
