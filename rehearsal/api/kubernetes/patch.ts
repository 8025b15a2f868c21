/** The one thing about a node that clients change here, `spec.unschedulable`, in the three forms in which a patch may come. */
import { at, isRecord } from "../../world/kubernetes/pods/spec.ts";
import { ApiError } from "./status.ts";
import type { ApiRequest } from "./request.ts";

/** @returns What a patch makes of it; undefined when it leaves it alone. Throws for a patch of anything else. */
export function unschedulableIn({ body, type }: Pick<ApiRequest, "body" | "type">): boolean | undefined {
  const patch = parse(body);
  switch (type) {
    case "application/merge-patch+json":
    case "application/strategic-merge-patch+json":
      return merged(patch);
    case "application/json-patch+json":
      return operated(patch);
    default:
      throw new ApiError(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: " +
          "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
      );
  }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new ApiError(400, "BadRequest", `error decoding patch: ${(error as Error).message}`);
  }
}

function merged(patch: unknown): boolean | undefined {
  if (!isRecord(patch)) throw new ApiError(400, "BadRequest", "error decoding patch: it is no object");
  const { apiVersion: _version, kind: _kind, metadata: _metadata, spec, ...rest } = patch;
  const others = [
    ...Object.keys(rest),
    ...Object.keys(isRecord(spec) ? spec : {}).filter((key) => key !== "unschedulable"),
  ];
  if (others.length > 0) throw elsewhere(others);
  const value = at(spec, "unschedulable");
  return value === undefined ? undefined : value === true;
}

function operated(patch: unknown): boolean | undefined {
  if (!Array.isArray(patch)) throw new ApiError(400, "BadRequest", "error decoding patch: it is no list");
  let result: boolean | undefined;
  for (const operation of patch as unknown[]) {
    const [path, op, value] = ["path", "op", "value"].map((key) => at(operation, key));
    if (path !== "/spec/unschedulable") throw elsewhere([String(path)]);
    result = op === "remove" ? false : value === true;
  }
  return result;
}

function elsewhere(fields: string[]): ApiError {
  return new ApiError(
    422,
    "Invalid",
    `a node's ${fields.join(", ")} cannot be changed in this rehearsal, only spec.unschedulable`,
  );
}
