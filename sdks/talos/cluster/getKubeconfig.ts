import type * as pulumi from "@pulumi/pulumi";
import { type AsInputs, providerFunction } from "../core.js";
import type * as inputs from "../types/input.js";
import type * as outputs from "../types/output.js";

/** Arguments of {@link getKubeconfig}. */
export interface GetKubeconfigArgs {
  /** Access to the Talos API. */
  clientConfiguration: inputs.cluster.GetKubeconfigClientConfiguration;
  /** Address of the API server to talk through. Default: `node`. */
  endpoint?: string;
  /** Address of a control plane node. */
  node: string;
  /** How long it may keep trying; 10 minutes. */
  timeouts?: inputs.cluster.GetKubeconfigTimeouts;
  /** @deprecated It does nothing any more; {@link getHealth} waits. */
  wait?: boolean;
}

/** Arguments of {@link getKubeconfigOutput}. */
export type GetKubeconfigOutputArgs = AsInputs<GetKubeconfigArgs>;

/** What {@link getKubeconfig} gives, next to its own arguments. */
export interface GetKubeconfigResult extends Readonly<GetKubeconfigArgs> {
  readonly endpoint: string;
  readonly id: string;
  /** The kubeconfig as YAML. Secret. */
  readonly kubeconfigRaw: string;
  /** The same taken apart. */
  readonly kubernetesClientConfiguration: outputs.cluster.GetKubeconfigKubernetesClientConfiguration;
}

const fn = providerFunction<GetKubeconfigArgs, GetKubeconfigResult>(
  "talos:cluster/getKubeconfig:getKubeconfig",
  {
    clientConfiguration: "required",
    endpoint: "optional",
    node: "required",
    timeouts: "optional",
    wait: "optional",
  },
);

/** Fetches an administrator's kubeconfig, a new one at every run. {@link Kubeconfig} keeps one. */
export function getKubeconfig(
  args: GetKubeconfigArgs,
  opts?: pulumi.InvokeOptions,
): Promise<GetKubeconfigResult> {
  return fn.invoke(args, opts);
}

/** {@link getKubeconfig} for outputs. The form to use: it keeps the result secret. */
export function getKubeconfigOutput(
  args: GetKubeconfigOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetKubeconfigResult> {
  return fn.invokeOutput(args, opts);
}
