import type * as pulumi from "@pulumi/pulumi";
import { type AsInputs, providerFunction } from "../core.js";
import type * as inputs from "../types/input.js";

/** Arguments of {@link getHealth}. */
export interface GetHealthArgs {
  /** Access to the Talos API. */
  clientConfiguration: inputs.cluster.GetHealthClientConfiguration;
  /** IP addresses of all control plane nodes. */
  controlPlaneNodes: string[];
  /** Addresses of the API servers to talk through, at least one of them a control plane. */
  endpoints: string[];
  /** Whether only Talos, etcd and the kubelets are checked, not Kubernetes. Default false. */
  skipKubernetesChecks?: boolean;
  /** How long it may keep waiting; 10 minutes. */
  timeouts?: inputs.cluster.GetHealthTimeouts;
  /** IP addresses of all workers. */
  workerNodes?: string[];
}

/** Arguments of {@link getHealthOutput}. */
export type GetHealthOutputArgs = AsInputs<GetHealthArgs>;

/** What {@link getHealth} gives: its own arguments. That it gives anything means that the cluster is well. */
export interface GetHealthResult extends Readonly<GetHealthArgs> {
  readonly id: string;
}

const fn = providerFunction<GetHealthArgs, GetHealthResult>("talos:cluster/getHealth:getHealth", {
  clientConfiguration: "required",
  controlPlaneNodes: "required",
  endpoints: "required",
  skipKubernetesChecks: "optional",
  timeouts: "optional",
  workerNodes: "optional",
});

/**
 * Waits until the cluster is healthy and fails if it does not get there. Runs in previews too, once its arguments are
 * known: a cluster that is down then blocks the very run that would mend it.
 */
export function getHealth(args: GetHealthArgs, opts?: pulumi.InvokeOptions): Promise<GetHealthResult> {
  return fn.invoke(args, opts);
}

/** {@link getHealth} for outputs. */
export function getHealthOutput(
  args: GetHealthOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetHealthResult> {
  return fn.invokeOutput(args, opts);
}
