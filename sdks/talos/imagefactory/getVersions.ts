import type * as pulumi from "@pulumi/pulumi";
import { type AsInputs, providerFunction } from "../core.js";
import type * as inputs from "../types/input.js";

/** Arguments of {@link getVersions}. */
export interface GetVersionsArgs {
  /** Which versions to list. Default: all. */
  filters?: inputs.imageFactory.GetVersionsFilters;
}

/** Arguments of {@link getVersionsOutput}. */
export type GetVersionsOutputArgs = AsInputs<GetVersionsArgs>;

/** What {@link getVersions} gives, next to its own arguments. */
export interface GetVersionsResult extends Readonly<GetVersionsArgs> {
  readonly id: string;
  /** With their "v", such as "v1.12.0". */
  readonly talosVersions: string[];
}

const fn = providerFunction<GetVersionsArgs, GetVersionsResult>(
  "talos:imageFactory/getVersions:getVersions",
  {
    filters: "optional",
  },
);

/** Lists the Talos versions that the Image Factory builds. */
export function getVersions(args?: GetVersionsArgs, opts?: pulumi.InvokeOptions): Promise<GetVersionsResult> {
  return fn.invoke(args, opts);
}

/** {@link getVersions} for outputs. */
export function getVersionsOutput(
  args?: GetVersionsOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetVersionsResult> {
  return fn.invokeOutput(args, opts);
}
