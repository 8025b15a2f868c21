import * as pulumi from "@pulumi/pulumi";
import { resourceType } from "../core.js";
import type * as inputs from "../types/input.js";
import type * as outputs from "../types/output.js";

/**
 * Arguments of {@link ConfigurationApply}. The provider wants exactly one of `machineConfigurationInput` and
 * `machineConfigurationInputWo`, and exactly one of `clientConfiguration` and `clientConfigurationWo`.
 */
export interface ConfigurationApplyArgs {
  /**
   * How the node takes the configuration up: "auto" (reboots only if it must), "no_reboot" (fails if it must),
   * "reboot" (always), "staged" (at its next reboot), "staged_if_needing_reboot" (a dry run against the node at plan
   * time decides between "staged" and "auto"; "auto" where the node cannot be asked). In maintenance mode a node
   * accepts "auto" and "reboot".
   * @default "auto"
   */
  applyMode?: pulumi.Input<string>;
  /** Access to the Talos API. A node in maintenance mode is reached without it, and given it must be all the same. */
  clientConfiguration?: pulumi.Input<inputs.machine.ClientConfiguration>;
  /** The same, kept out of the state. Then there is no reset on destroy. */
  clientConfigurationWo?: pulumi.Input<inputs.machine.ConfigurationApplyClientConfigurationWo>;
  /** Patches in YAML or JSON, applied to the configuration in this order. */
  configPatches?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Address of the API server to talk through.
   * @default `node`
   */
  endpoint?: pulumi.Input<string>;
  /** The configuration, all its documents as one YAML text. Secret. */
  machineConfigurationInput?: pulumi.Input<string>;
  /** The same, kept out of the state; changes are noticed by `machineConfigurationHash`. Secret. */
  machineConfigurationInputWo?: pulumi.Input<string>;
  /** Address of the node, as the endpoint reaches it. */
  node: pulumi.Input<string>;
  /** What is done to the node on delete; without `reset`, nothing. Read from the state: apply it first, then delete. */
  onDestroy?: pulumi.Input<inputs.machine.ConfigurationApplyOnDestroy>;
  /** How long create, update and delete may keep trying; 10 minutes each. */
  timeouts?: pulumi.Input<inputs.machine.Timeout>;
}

/** What {@link ConfigurationApply.get} can be told. */
export interface ConfigurationApplyState extends Partial<ConfigurationApplyArgs> {
  machineConfiguration?: pulumi.Input<string>;
  machineConfigurationHash?: pulumi.Input<string>;
  resolvedApplyMode?: pulumi.Input<string>;
}

const type = resourceType<ConfigurationApplyArgs, ConfigurationApplyState>(
  "talos:machine/configurationApply:ConfigurationApply",
  {
    applyMode: "optional",
    clientConfiguration: "optional",
    clientConfigurationWo: "optional secret",
    configPatches: "optional",
    endpoint: "optional",
    machineConfiguration: "output secret",
    machineConfigurationHash: "output",
    machineConfigurationInput: "optional secret",
    machineConfigurationInputWo: "optional secret",
    node: "required",
    onDestroy: "optional",
    resolvedApplyMode: "output",
    timeouts: "optional",
  },
);

/**
 * Gives a node its machine configuration, and again whenever that changes. It never reads it back: a node that was
 * reinstalled at the same address keeps waiting in maintenance mode until this resource is replaced or changed.
 */
export class ConfigurationApply extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = type.token;

  declare readonly applyMode: pulumi.Output<string>;
  declare readonly clientConfiguration: pulumi.Output<outputs.machine.ClientConfiguration | undefined>;
  declare readonly clientConfigurationWo: pulumi.Output<
    outputs.machine.ConfigurationApplyClientConfigurationWo | undefined
  >;
  declare readonly configPatches: pulumi.Output<string[] | undefined>;
  declare readonly endpoint: pulumi.Output<string>;
  /** What was applied, patches included. Secret. */
  declare readonly machineConfiguration: pulumi.Output<string>;
  /** SHA-256 of what was applied, in hexadecimal. */
  declare readonly machineConfigurationHash: pulumi.Output<string>;
  declare readonly machineConfigurationInput: pulumi.Output<string | undefined>;
  declare readonly machineConfigurationInputWo: pulumi.Output<string | undefined>;
  declare readonly node: pulumi.Output<string>;
  declare readonly onDestroy: pulumi.Output<outputs.machine.ConfigurationApplyOnDestroy | undefined>;
  /** The mode that was used: what "staged_if_needing_reboot" came to, else `applyMode`. */
  declare readonly resolvedApplyMode: pulumi.Output<string>;
  declare readonly timeouts: pulumi.Output<outputs.machine.Timeout | undefined>;

  constructor(name: string, args: ConfigurationApplyArgs, opts?: pulumi.CustomResourceOptions) {
    super(...type.construct(name, args, opts));
  }

  /** Looks up an applied configuration that exists already. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    state?: ConfigurationApplyState,
    opts?: pulumi.CustomResourceOptions,
  ): ConfigurationApply {
    return new ConfigurationApply(name, state as ConfigurationApplyArgs, { ...opts, id });
  }

  /** Tells whether `obj` is such a resource, also one of another copy of this package. */
  static override isInstance(obj: unknown): obj is ConfigurationApply {
    return type.is(obj);
  }
}
