/** What check and diff answer, in the protocol's form. */
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import type { ChangeKind, CheckResult, DiffResult } from "./provider.ts";
import { protectLike } from "./values.ts";
import { toStruct } from "./wire.ts";

const { Kind } = provider.PropertyDiff;
const KINDS: Record<ChangeKind, [provider.PropertyDiff.Kind, provider.PropertyDiff.Kind]> = {
  add: [Kind.ADD, Kind.ADD_REPLACE],
  delete: [Kind.DELETE, Kind.DELETE_REPLACE],
  update: [Kind.UPDATE, Kind.UPDATE_REPLACE],
};

export function toDiffResponse(diff: DiffResult): provider.DiffResponse {
  const { DIFF_SOME, DIFF_NONE } = provider.DiffResponse.DiffChanges;
  const response = new provider.DiffResponse();
  response.setChanges(diff.changes ? DIFF_SOME : DIFF_NONE);
  response.setReplacesList(diff.replaces ?? []);
  response.setDeletebeforereplace(diff.deleteBeforeReplace ?? false);
  const detailed = Object.entries(diff.detailed ?? {});
  response.setHasdetaileddiff(detailed.length > 0);
  response.setDiffsList([...new Set(detailed.map(([path]) => path.split(/[.[]/, 1)[0] ?? path))]);
  for (const [path, { kind, replace }] of detailed) {
    const property = new provider.PropertyDiff();
    property.setKind(KINDS[kind][replace ? 1 : 0]);
    property.setInputdiff(true);
    response.getDetaileddiffMap().set(path, property);
  }
  return response;
}

/** `news` tells which inputs are secret. */
export function toCheckResponse(result: CheckResult, news: unknown): provider.CheckResponse {
  const response = new provider.CheckResponse();
  response.setInputs(toStruct(protectLike(result.inputs, news)));
  for (const { property, reason } of result.failures ?? []) {
    const failure = new provider.CheckFailure();
    failure.setProperty(property);
    failure.setReason(reason);
    response.addFailures(failure);
  }
  return response;
}
