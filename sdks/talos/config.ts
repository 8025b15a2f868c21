import * as pulumi from "@pulumi/pulumi";

/** The stack's `talos:` configuration, read when asked for. */
export const config = {
  /** `talos:imageFactoryUrl`: the Image Factory of the default provider; unset means https://factory.talos.dev. */
  get imageFactoryUrl(): string | undefined {
    return new pulumi.Config("talos").get("imageFactoryUrl");
  },
};
