import * as pulumi from "@pulumi/pulumi";
import { resourceType } from "../core.js";
import type * as inputs from "../types/input.js";
import type * as outputs from "../types/output.js";

/** Arguments of {@link Bootstrap}. The provider wants exactly one of the two client configurations. */
export interface BootstrapArgs {
  /** Access to the Talos API. */
  clientConfiguration?: pulumi.Input<inputs.machine.ClientConfiguration>;
  /** The same, kept out of the state. */
  clientConfigurationWo?: pulumi.Input<inputs.machine.BootstrapClientConfigurationWo>;
  /**
   * Address of the API server to talk through.
   * @default `node`
   */
  endpoint?: pulumi.Input<string>;
  /** Address of the one control plane node that etcd starts on. */
  node: pulumi.Input<string>;
  /** How long it may keep trying; 10 minutes. */
  timeouts?: pulumi.Input<inputs.machine.BootstrapTimeouts>;
}

/** What {@link Bootstrap.get} can be told. */
export type BootstrapState = Partial<BootstrapArgs>;

const type = resourceType<BootstrapArgs, BootstrapState>("talos:machine/bootstrap:Bootstrap", {
  clientConfiguration: "optional",
  clientConfigurationWo: "optional secret",
  endpoint: "optional",
  node: "required",
  timeouts: "optional",
});

/**
 * Starts etcd on one node, and so the cluster. Once in a cluster's life: replacing it on an emptied control plane
 * would start a second etcd next to the living one. If the node was bootstrapped already, creation keeps failing;
 * import the resource instead.
 */
export class Bootstrap extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = type.token;

  declare readonly clientConfiguration: pulumi.Output<outputs.machine.ClientConfiguration | undefined>;
  declare readonly clientConfigurationWo: pulumi.Output<
    outputs.machine.BootstrapClientConfigurationWo | undefined
  >;
  declare readonly endpoint: pulumi.Output<string>;
  declare readonly node: pulumi.Output<string>;
  declare readonly timeouts: pulumi.Output<outputs.machine.BootstrapTimeouts | undefined>;

  constructor(name: string, args: BootstrapArgs, opts?: pulumi.CustomResourceOptions) {
    super(...type.construct(name, args, opts));
  }

  /** Looks up a bootstrap that exists already. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    state?: BootstrapState,
    opts?: pulumi.CustomResourceOptions,
  ): Bootstrap {
    return new Bootstrap(name, state as BootstrapArgs, { ...opts, id });
  }

  /** Tells whether `obj` is such a resource, also one of another copy of this package. */
  static override isInstance(obj: unknown): obj is Bootstrap {
    return type.is(obj);
  }
}
