import * as pulumi from "@pulumi/pulumi";
import type { HomelabConfig } from "../config/types.ts";

/**
 * The end of a run: which nodes are retired for good. The entry of such a node may go in a later run. Its name does not
 * hold the cluster's.
 *
 * @param dependsOn Everything else of a run.
 */
export function settled(
  config: HomelabConfig,
  parent: pulumi.Resource,
  dependsOn: pulumi.Resource[],
): pulumi.Resource {
  const retired = config.nodes.filter(({ retiring }) => retiring === true).map(({ name }) => name);
  return new pulumi.Stash("settled", { input: { retired } }, { parent, dependsOn });
}
