import * as pulumi from "@pulumi/pulumi";
import { plugin } from "./core.js";

/** Arguments of a {@link Provider}. */
export interface ProviderArgs {
  /**
   * Base URL of the Image Factory that schematics and image URLs come from.
   * @default "https://factory.talos.dev"
   */
  imageFactoryUrl?: pulumi.Input<string>;
}

/**
 * A configured instance of the Talos plugin, to be passed as `provider` in a resource's options. Needed only where
 * the stack's `talos:` configuration is not enough, say for an Image Factory of one's own.
 */
export class Provider extends pulumi.ProviderResource {
  /** @internal */
  static readonly __pulumiType = "talos";

  /** Tells whether `obj` is a Talos provider, also one of another copy of this package. */
  static override isInstance(obj: unknown): obj is Provider {
    const type =
      typeof obj === "object" && obj !== null ? (obj as { __pulumiType?: unknown }).__pulumiType : undefined;
    return type === `pulumi:providers:${Provider.__pulumiType}`;
  }

  /** The Image Factory in use, if one was given. */
  declare readonly imageFactoryUrl: pulumi.Output<string | undefined>;

  constructor(name: string, args?: ProviderArgs, opts?: pulumi.ResourceOptions) {
    super(
      Provider.__pulumiType,
      name,
      { imageFactoryUrl: args?.imageFactoryUrl },
      pulumi.mergeOptions(plugin, opts),
    );
  }

  /** This provider's configuration under its Terraform names, for Terraform modules run by Pulumi. */
  terraformConfig(): pulumi.Output<Provider.TerraformConfigResult> {
    return pulumi.runtime.call("pulumi:providers:talos/terraformConfig", { __self__: this }, this);
  }
}

// eslint-disable-next-line @typescript-eslint/no-namespace -- types only; the upstream package has this name
export namespace Provider {
  /** What {@link Provider.terraformConfig} gives. */
  export interface TerraformConfigResult {
    /** Setting by Terraform name. */
    readonly result: Record<string, unknown>;
  }
}
