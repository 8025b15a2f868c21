import type * as pulumi from "@pulumi/pulumi";
import { type AsInputs, providerFunction } from "../core.js";
import type * as inputs from "../types/input.js";
import type * as outputs from "../types/output.js";

/** Arguments of {@link getConfiguration}. */
export interface GetConfigurationArgs {
  /** URL of the Kubernetes API, such as "https://10.0.0.10:6443": a control plane, a load balancer or a virtual IP. */
  clusterEndpoint: string;
  clusterName: string;
  /** Patches in YAML or JSON, applied to the generated configuration in this order. */
  configPatches?: string[];
  /** Whether every setting gets a comment that explains it. Default false. */
  docs?: boolean;
  /** Whether unset settings are there as commented examples. Default false. */
  examples?: boolean;
  /** Such as "1.35.0". Default: that of the Talos the provider was built with. */
  kubernetesVersion?: string;
  /** From {@link Secrets}. */
  machineSecrets: inputs.machine.MachineSecrets;
  /** "controlplane" or "worker". */
  machineType: string;
  /**
   * Talos version whose features the configuration may use, such as "v1.12". It installs nothing: raise it only when
   * all nodes run that version. Default: that of the provider, which a newer provider may raise behind one's back.
   */
  talosVersion?: string;
}

/** Arguments of {@link getConfigurationOutput}. */
export type GetConfigurationOutputArgs = AsInputs<GetConfigurationArgs>;

/** What {@link getConfiguration} gives, next to its own arguments. */
export interface GetConfigurationResult extends Readonly<GetConfigurationArgs> {
  readonly id: string;
  /** The configuration, all its documents as one YAML text. Secret. */
  readonly machineConfiguration: string;
  readonly machineSecrets: outputs.machine.MachineSecrets;
}

const fn = providerFunction<GetConfigurationArgs, GetConfigurationResult>(
  "talos:machine/getConfiguration:getConfiguration",
  {
    clusterEndpoint: "required",
    clusterName: "required",
    configPatches: "optional",
    docs: "optional",
    examples: "optional",
    kubernetesVersion: "optional",
    machineSecrets: "required",
    machineType: "required",
    talosVersion: "optional",
  },
);

/** Generates the machine configuration of a role. Computed in the provider: no node is asked, in a preview neither. */
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
