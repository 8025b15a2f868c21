import * as pulumi from "@pulumi/pulumi";
import { resourceType } from "../core.js";
import type * as inputs from "../types/input.js";
import type * as outputs from "../types/output.js";

/** Arguments of {@link Secrets}. */
export interface SecretsArgs {
  /**
   * Talos version whose conventions the secrets follow, such as "v1.12" or "1.12.1". To lower it makes the provider
   * replace every secret of the cluster: protect the resource and ignore changes of this.
   * @default the version that the provider was built with
   */
  talosVersion?: pulumi.Input<string>;
}

/** What {@link Secrets.get} can be told. */
export interface SecretsState extends SecretsArgs {
  clientConfiguration?: pulumi.Input<inputs.machine.ClientConfiguration>;
  machineSecrets?: pulumi.Input<inputs.machine.MachineSecretsArgs>;
}

const type = resourceType<SecretsArgs, SecretsState>("talos:machine/secrets:Secrets", {
  clientConfiguration: "output",
  machineSecrets: "output",
  talosVersion: "optional",
});

/**
 * The secrets of one cluster, made in the provider without touching a node. The plugin marks the secret leaves, so
 * that both outputs arrive as secrets. Import: the id is the path of a secrets.yaml by `talosctl gen secrets`.
 */
export class Secrets extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = type.token;

  /** An administrator's access to the Talos API; its certificate is renewed in the month before it expires. */
  declare readonly clientConfiguration: pulumi.Output<outputs.machine.ClientConfiguration>;
  /** What {@link getConfiguration} makes machine configurations from. */
  declare readonly machineSecrets: pulumi.Output<outputs.machine.MachineSecrets>;
  /** The version in use. */
  declare readonly talosVersion: pulumi.Output<string>;

  constructor(name: string, args?: SecretsArgs, opts?: pulumi.CustomResourceOptions) {
    super(...type.construct(name, args, opts));
  }

  /** Looks up secrets that exist already. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    state?: SecretsState,
    opts?: pulumi.CustomResourceOptions,
  ): Secrets {
    return new Secrets(name, state, { ...opts, id });
  }

  /** Tells whether `obj` is such a resource, also one of another copy of this package. */
  static override isInstance(obj: unknown): obj is Secrets {
    return type.is(obj);
  }
}
