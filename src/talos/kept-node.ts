import * as pulumi from "@pulumi/pulumi";
import type { HomelabConfig, NodeConfig } from "../config/types.ts";
import type { ClusterProbes } from "./cluster-probes.ts";

export interface KeptArgs {
  config: HomelabConfig;
  node: NodeConfig;
  /** How many nodes had its name before. */
  life: number;
  probes: ClusterProbes;
}

/**
 * The record that a node may have its config, and so that there may be data on its disk. It is what protects the machine, and
 * what its changes are judged by from then on. It is written before the config is sent: where the reply is lost, Talos has
 * taken the config all the same.
 *
 * @param opts `dependsOn`: everything that is to hold before a config is sent.
 */
export function keepNode(
  name: string,
  { config, node, life, probes }: KeptArgs,
  opts: { parent: pulumi.Resource; dependsOn: pulumi.Resource[] },
): pulumi.Resource {
  const protect = config.protect && node.retiring !== true;
  return new pulumi.Stash(
    name,
    { input: { role: node.role, ...(life > 0 && { life }) } },
    // Of a machine whose disks cannot be proven nothing is kept: it will not be sent anything.
    { ...opts, protect, hooks: { beforeCreate: [() => probes.dataDisksProven([node])] } },
  );
}
