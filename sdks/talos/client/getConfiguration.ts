import type * as pulumi from "@pulumi/pulumi";
import { type AsInputs, providerFunction } from "../core.js";
import type * as inputs from "../types/input.js";

/** Arguments of {@link getConfiguration}. */
export interface GetConfigurationArgs {
  /** Access to the Talos API, to be written into the file. */
  clientConfiguration: inputs.client.GetConfigurationClientConfiguration;
  /** Name of the context in the file. */
  clusterName: string;
  /** Addresses that `talosctl` connects to. Default: none. */
  endpoints?: string[];
  /** Addresses that its commands are for when none is given. Default: none. */
  nodes?: string[];
}

/** Arguments of {@link getConfigurationOutput}. */
export type GetConfigurationOutputArgs = AsInputs<GetConfigurationArgs>;

/** What {@link getConfiguration} gives, next to its own arguments. */
export interface GetConfigurationResult extends Readonly<GetConfigurationArgs> {
  readonly id: string;
  /** The talosconfig as YAML. Secret. */
  readonly talosConfig: string;
}

const fn = providerFunction<GetConfigurationArgs, GetConfigurationResult>(
  "talos:client/getConfiguration:getConfiguration",
  { clientConfiguration: "required", clusterName: "required", endpoints: "optional", nodes: "optional" },
);

/** Makes the talosconfig for `talosctl`. Computed in the provider: no node is asked. */
export function getConfiguration(
  args: GetConfigurationArgs,
  opts?: pulumi.InvokeOptions,
): Promise<GetConfigurationResult> {
  return fn.invoke(args, opts);
}

/** {@link getConfiguration} for outputs. The form to use: it keeps the result secret. */
export function getConfigurationOutput(
  args: GetConfigurationOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetConfigurationResult> {
  return fn.invokeOutput(args, opts);
}
