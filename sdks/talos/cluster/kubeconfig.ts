import * as pulumi from "@pulumi/pulumi";
import { resourceType } from "../core.js";
import type * as inputs from "../types/input.js";
import type * as outputs from "../types/output.js";

/** Arguments of {@link Kubeconfig}. */
export interface KubeconfigArgs {
  /**
   * How long before the certificate inside expires a new kubeconfig is fetched, as a duration.
   * @default "720h", thirty days
   */
  certificateRenewalDuration?: pulumi.Input<string>;
  /** Access to the Talos API. */
  clientConfiguration: pulumi.Input<inputs.cluster.KubeconfigClientConfiguration>;
  /**
   * Address of the API server to talk through.
   * @default `node`
   */
  endpoint?: pulumi.Input<string>;
  /** Address of a control plane node. */
  node: pulumi.Input<string>;
  /** How long create and update may keep trying; 10 minutes each. */
  timeouts?: pulumi.Input<inputs.cluster.KubeconfigTimeouts>;
}

/** What {@link Kubeconfig.get} can be told. */
export interface KubeconfigState extends Partial<KubeconfigArgs> {
  kubeconfigRaw?: pulumi.Input<string>;
  kubernetesClientConfiguration?: pulumi.Input<inputs.cluster.KubeconfigKubernetesClientConfiguration>;
}

const type = resourceType<KubeconfigArgs, KubeconfigState>("talos:cluster/kubeconfig:Kubeconfig", {
  certificateRenewalDuration: "optional",
  clientConfiguration: "required",
  endpoint: "optional",
  kubeconfigRaw: "output secret",
  kubernetesClientConfiguration: "output",
  node: "required",
  timeouts: "optional",
});

/**
 * An administrator's kubeconfig, kept in the state and renewed before it expires. Talos can make it as soon as the node
 * is up, so having it does not mean that the Kubernetes API answers yet.
 */
export class Kubeconfig extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = type.token;

  declare readonly certificateRenewalDuration: pulumi.Output<string>;
  declare readonly clientConfiguration: pulumi.Output<outputs.cluster.KubeconfigClientConfiguration>;
  declare readonly endpoint: pulumi.Output<string>;
  /** The kubeconfig as YAML. Secret. */
  declare readonly kubeconfigRaw: pulumi.Output<string>;
  /** The same taken apart, for tools that want no kubeconfig. The plugin marks its key, so that it arrives as a secret. */
  declare readonly kubernetesClientConfiguration: pulumi.Output<outputs.cluster.KubeconfigKubernetesClientConfiguration>;
  declare readonly node: pulumi.Output<string>;
  declare readonly timeouts: pulumi.Output<outputs.cluster.KubeconfigTimeouts | undefined>;

  constructor(name: string, args: KubeconfigArgs, opts?: pulumi.CustomResourceOptions) {
    super(...type.construct(name, args, opts));
  }

  /** Looks up a kubeconfig that exists already. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    state?: KubeconfigState,
    opts?: pulumi.CustomResourceOptions,
  ): Kubeconfig {
    return new Kubeconfig(name, state as KubeconfigArgs, { ...opts, id });
  }

  /** Tells whether `obj` is such a resource, also one of another copy of this package. */
  static override isInstance(obj: unknown): obj is Kubeconfig {
    return type.is(obj);
  }
}
