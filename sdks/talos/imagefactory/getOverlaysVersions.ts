import type * as pulumi from "@pulumi/pulumi";
import { type AsInputs, providerFunction } from "../core.js";
import type * as inputs from "../types/input.js";
import type * as outputs from "../types/output.js";

/** Arguments of {@link getOverlaysVersions}. */
export interface GetOverlaysVersionsArgs {
  /** Which overlays to list. Default: all. */
  filters?: inputs.imageFactory.GetOverlaysVersionsFilters;
  /** Such as "v1.12.0". */
  talosVersion: string;
}

/** Arguments of {@link getOverlaysVersionsOutput}. */
export type GetOverlaysVersionsOutputArgs = AsInputs<GetOverlaysVersionsArgs>;

/** What {@link getOverlaysVersions} gives, next to its own arguments. */
export interface GetOverlaysVersionsResult extends Readonly<GetOverlaysVersionsArgs> {
  readonly id: string;
  readonly overlaysInfos: outputs.imageFactory.GetOverlaysVersionsOverlaysInfo[];
}

const fn = providerFunction<GetOverlaysVersionsArgs, GetOverlaysVersionsResult>(
  "talos:imageFactory/getOverlaysVersions:getOverlaysVersions",
  { filters: "optional", talosVersion: "required" },
);

/** Lists the overlays that the Image Factory has for a Talos version. */
export function getOverlaysVersions(
  args: GetOverlaysVersionsArgs,
  opts?: pulumi.InvokeOptions,
): Promise<GetOverlaysVersionsResult> {
  return fn.invoke(args, opts);
}

/** {@link getOverlaysVersions} for outputs. */
export function getOverlaysVersionsOutput(
  args: GetOverlaysVersionsOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetOverlaysVersionsResult> {
  return fn.invokeOutput(args, opts);
}
