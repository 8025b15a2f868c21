import * as pulumi from "@pulumi/pulumi";
import type { HomelabConfig } from "../config/types.ts";
import type { Made } from "./made.ts";
import { retiredAfter } from "./retired.ts";

/**
 * The end of a run: which nodes are retired for good. The entry of such a node may go in a later run. Its name does not
 * hold the cluster's.
 *
 * @param dependsOn Everything else of a run.
 */
export function settled(
  config: HomelabConfig,
  made: Made,
  parent: pulumi.Resource,
  dependsOn: pulumi.Resource[],
): pulumi.Resource {
  return new pulumi.Stash(
    "settled",
    { input: { retired: retiredAfter(made, config) } },
    { parent, dependsOn },
  );
}
