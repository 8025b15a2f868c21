/** A small base for Pulumi provider servers in this process; see `provider.ts` for the interface that handlers implement. */
export * from "./provider.ts";
export { serveProvider, attachTo, type ServedProvider } from "./serve.ts";
export { UNKNOWN, Unknown, Secret, secret, hasUnknown, isRecord, type PropertyMap } from "./values.ts";
export { ServiceFailure } from "./failure.ts";
export { diffInputs, changedPaths } from "./diff.ts";
