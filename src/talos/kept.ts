import * as pulumi from "@pulumi/pulumi";
import type { HomelabConfig, NodeConfig } from "../config/types.ts";

/**
 * The record that a node's config was applied, and so that there may be data on its disk. It is what protects the
 * machine, and what its changes are judged by from then on.
 *
 * @param opts `dependsOn`: the application.
 */
export function keepNode(
  name: string,
  { config, node }: { config: HomelabConfig; node: NodeConfig },
  opts: { parent: pulumi.Resource; dependsOn: pulumi.Resource[] },
): pulumi.Resource {
  const protect = config.protect && node.retiring !== true;
  return new pulumi.Stash(name, { input: { role: node.role } }, { ...opts, protect });
}
