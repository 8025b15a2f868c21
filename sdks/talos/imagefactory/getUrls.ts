import type * as pulumi from "@pulumi/pulumi";
import { type AsInputs, providerFunction } from "../core.js";
import type * as outputs from "../types/output.js";

/** Arguments of {@link getUrls}. The provider wants exactly one of `platform` and `sbc`. */
export interface GetUrlsArgs {
  /** "amd64" or "arm64". Default "amd64". */
  architecture?: string;
  /** Where Talos is to run: "metal", "nocloud", "aws" and so on. */
  platform?: string;
  /** Single-board computer, such as "rpi_generic". */
  sbc?: string;
  /** The id of a {@link Schematic}. */
  schematicId: string;
  /** Such as "v1.12.0". */
  talosVersion: string;
}

/** Arguments of {@link getUrlsOutput}. */
export type GetUrlsOutputArgs = AsInputs<GetUrlsArgs>;

/** What {@link getUrls} gives, next to its own arguments. */
export interface GetUrlsResult extends Readonly<GetUrlsArgs> {
  readonly architecture: string;
  readonly id: string;
  readonly urls: outputs.imageFactory.GetUrlsUrls;
}

const fn = providerFunction<GetUrlsArgs, GetUrlsResult>("talos:imageFactory/getUrls:getUrls", {
  architecture: "optional",
  platform: "optional",
  sbc: "optional",
  schematicId: "required",
  talosVersion: "required",
});

/** Writes down the URLs of a schematic's artifacts. Computed in the provider: whether they exist is not looked up. */
export function getUrls(args: GetUrlsArgs, opts?: pulumi.InvokeOptions): Promise<GetUrlsResult> {
  return fn.invoke(args, opts);
}

/** {@link getUrls} for outputs. */
export function getUrlsOutput(
  args: GetUrlsOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetUrlsResult> {
  return fn.invokeOutput(args, opts);
}
