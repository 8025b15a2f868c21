/**
 * Talos Linux for Pulumi: machine configurations, bootstrap, kubeconfig, image schematics.
 * The names are those of the upstream package, so that it can take this one's place (see README.md).
 */
import * as pulumi from "@pulumi/pulumi";
import * as client from "./client/index.js";
import * as cluster from "./cluster/index.js";
import { version } from "./core.js";
import * as imagefactory from "./imagefactory/index.js";
import * as machine from "./machine/index.js";
import { Provider, type ProviderArgs } from "./provider.js";
import type * as types from "./types/index.js";

export { client, cluster, imagefactory, machine, Provider };
export type { ProviderArgs, types };

/** How the SDK rebuilds a resource from a reference to it: one with this URN and nothing of its own. */
const rebuild: Record<string, (name: string, opts: pulumi.CustomResourceOptions) => pulumi.Resource> = {
  "cluster/kubeconfig": (name, opts) => new cluster.Kubeconfig(name, undefined as never, opts),
  "imageFactory/schematic": (name, opts) => new imagefactory.Schematic(name, undefined, opts),
  "machine/bootstrap": (name, opts) => new machine.Bootstrap(name, undefined as never, opts),
  "machine/configurationApply": (name, opts) =>
    new machine.ConfigurationApply(name, undefined as never, opts),
  "machine/secrets": (name, opts) => new machine.Secrets(name, undefined, opts),
};

for (const [module, make] of Object.entries(rebuild)) {
  pulumi.runtime.registerResourceModule("talos", module, {
    version,
    construct: (name: string, _type: string, urn: string) => make(name, { urn }),
  });
}

pulumi.runtime.registerResourcePackage("talos", {
  version,
  constructProvider: (name: string, _type: string, urn: string) => new Provider(name, undefined, { urn }),
});
