/**
 * What a simulated provider is: handlers by token. All inputs are plain JavaScript (see `values.ts`); everything thrown
 * reaches the user as its message alone.
 *
 * `Configured` is what `configure` made of the provider's arguments. Each provider resource of a program has its own,
 * although all of them are served by one server.
 */
import type { PropertyMap } from "./values.ts";

export interface SimulatedProvider<Configured = void> {
  /** Package name as in tokens, e.g. `talos`. */
  name: string;
  /** The version that the SDK package asks for, without a leading `v`; another one makes the engine warn. */
  version: string;
  checkConfig?(inputs: PropertyMap): CheckResult;
  /** Which changed provider inputs replace the provider; by default none does. */
  diffConfig?(olds: PropertyMap, news: PropertyMap): DiffResult;
  /** Called once for each provider resource, with every value known. */
  configure?(args: PropertyMap): Configured | Promise<Configured>;
  resources: Record<string, ResourceHandler<Configured>>;
  functions: Record<string, FunctionHandler<Configured>>;
}

/** Something that a provider is asked to do or to look at, outside of previews. */
export interface Operation {
  verb: "create" | "read" | "update" | "delete" | "invoke";
  /** The resource's URN, or the function's token. */
  subject: string;
  /** Of a function. */
  args?: PropertyMap;
  signal: AbortSignal;
}

/** Stands around every operation. */
export type Around = <Result>(operation: Operation, work: () => Promise<Result>) => Promise<Result>;

export interface CallContext<Configured = void> {
  configured: Configured;
  /** Aborted when the engine cancels or goes away. Whoever waits for long must listen to it. */
  signal: AbortSignal;
}

export interface ResourceContext<Configured = void> extends CallContext<Configured> {
  urn: string;
  /** Whatever comes back is only shown: nothing may be touched. Inputs may be `UNKNOWN`. */
  preview: boolean;
  /** The resource's own custom timeout in seconds, if it has one. */
  timeoutSeconds?: number;
}

export type FunctionHandler<Configured = void> = (
  args: PropertyMap,
  context: CallContext<Configured> & { preview: boolean },
) => Promise<PropertyMap>;

export interface ResourceHandler<Configured = void> {
  /** Default: the inputs as they are. Defaults are filled in here, so that they show in a diff. */
  check?(
    inputs: PropertyMap,
    olds: PropertyMap,
    context: { urn: string; configured: Configured },
  ): CheckResult | Promise<CheckResult>;
  /** Top-level inputs whose change replaces the resource; used by the default diff. */
  replaceOn?: string[];
  /** Default: a deep comparison of inputs, replacing on `replaceOn`. */
  diff?(
    olds: Olds,
    news: PropertyMap,
    context: { id: string; urn: string; configured: Configured },
  ): DiffResult | Promise<DiffResult>;
  create(inputs: PropertyMap, context: ResourceContext<Configured>): Promise<Created>;
  /** `undefined` means that it is gone. Default: a no-op. */
  read?(
    id: string,
    state: PropertyMap,
    inputs: PropertyMap,
    context: ResourceContext<Configured>,
  ): Promise<ReadResult | undefined>;
  /** Returns the new outputs. Required unless every change replaces. */
  update?(
    id: string,
    olds: Olds,
    news: PropertyMap,
    context: ResourceContext<Configured>,
  ): Promise<PropertyMap>;
  /** Default: it is forgotten. */
  delete?(id: string, olds: Olds, context: ResourceContext<Configured>): Promise<void>;
}

export interface Olds {
  inputs: PropertyMap;
  state: PropertyMap;
}

export interface CheckResult {
  inputs: PropertyMap;
  failures?: { property: string; reason: string }[];
}

export type ChangeKind = "add" | "delete" | "update";

export interface DiffResult {
  changes: boolean;
  /** Top-level properties that make it a replacement. */
  replaces?: string[];
  deleteBeforeReplace?: boolean;
  /** By property path such as `values.image.tag` or `disks[0].size`. */
  detailed?: Record<string, { kind: ChangeKind; replace?: boolean }>;
}

export interface Created {
  /** Ignored in a preview. */
  id: string;
  outputs: PropertyMap;
}

export interface ReadResult {
  id: string;
  outputs: PropertyMap;
  /** Default: the inputs as they were. */
  inputs?: PropertyMap;
}

/**
 * Thrown by create, update or read when the resource exists but did not come to life: the engine keeps it in the state
 * and tries an update at the next run.
 */
export class InitFailed extends Error {
  constructor(
    readonly id: string,
    readonly outputs: PropertyMap,
    readonly reasons: string[],
  ) {
    super(reasons.join("; "));
  }
}
