import type * as pulumi from "@pulumi/pulumi";
import { type AsInputs, providerFunction } from "../core.js";
import type * as inputs from "../types/input.js";
import type * as outputs from "../types/output.js";

/** Arguments of {@link getExtensionsVersions}. With both filters, an extension that fits either is listed. */
export interface GetExtensionsVersionsArgs {
  /** Only extensions with exactly one of these names. Default: all. */
  exactFilters?: inputs.imageFactory.GetExtensionsVersionsExactFilters;
  /** Only extensions that have one of these in their names. Default: all. */
  filters?: inputs.imageFactory.GetExtensionsVersionsFilters;
  /** Such as "v1.12.0". */
  talosVersion: string;
}

/** Arguments of {@link getExtensionsVersionsOutput}. */
export type GetExtensionsVersionsOutputArgs = AsInputs<GetExtensionsVersionsArgs>;

/** What {@link getExtensionsVersions} gives, next to its own arguments. */
export interface GetExtensionsVersionsResult extends Readonly<GetExtensionsVersionsArgs> {
  readonly extensionsInfos: outputs.imageFactory.GetExtensionsVersionsExtensionsInfo[];
  readonly id: string;
}

const fn = providerFunction<GetExtensionsVersionsArgs, GetExtensionsVersionsResult>(
  "talos:imageFactory/getExtensionsVersions:getExtensionsVersions",
  { exactFilters: "optional", filters: "optional", talosVersion: "required" },
);

/** Lists the system extensions that the Image Factory has for a Talos version. */
export function getExtensionsVersions(
  args: GetExtensionsVersionsArgs,
  opts?: pulumi.InvokeOptions,
): Promise<GetExtensionsVersionsResult> {
  return fn.invoke(args, opts);
}

/** {@link getExtensionsVersions} for outputs. */
export function getExtensionsVersionsOutput(
  args: GetExtensionsVersionsOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetExtensionsVersionsResult> {
  return fn.invokeOutput(args, opts);
}
