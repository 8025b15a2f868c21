import * as pulumi from "@pulumi/pulumi";
import type { NodeConfig } from "../config/types.ts";
import { byResource, nodeHook } from "../hooks/per-node.ts";
import type { ClusterProbes } from "./cluster-probes.ts";

export interface KeptNodesArgs {
  nodes: readonly NodeConfig[];
  /** Whether a record may not be deleted, unless its node retires. */
  protect: boolean;
  /** How many nodes had a node's name before it. */
  life: (node: string) => number;
  probes: ClusterProbes;
}

/**
 * The records that a node may have its config, and so that there may be data on its disk. A record is what protects the machine, and
 * what its changes are judged by from then on. It is written before the config is sent: where the reply is lost, Talos has
 * taken the config all the same.
 *
 * @param opts `dependsOn`: everything that is to hold before a config is sent.
 * @returns By node name.
 */
export function keptNodes(
  name: string,
  { nodes, protect, life, probes }: KeptNodesArgs,
  opts: { parent: pulumi.Resource; dependsOn: pulumi.Resource[] },
): Map<string, pulumi.Resource> {
  const recordName = (node: NodeConfig) => `${name}-${node.name}-kept`;
  // Of a machine whose disks cannot be proven nothing is kept: it will not be sent anything.
  const proven = nodeHook(`${name}-kept-proven`, byResource(nodes, recordName), (node) =>
    probes.dataDisksProven([node]),
  );
  const record = (node: NodeConfig) => {
    const lives = life(node.name);
    return new pulumi.Stash(
      recordName(node),
      { input: { role: node.role, ...(lives > 0 && { life: lives }) } },
      { ...opts, protect: protect && node.retiring !== true, hooks: { beforeCreate: [proven] } },
    );
  };
  return new Map(nodes.map((node) => [node.name, record(node)]));
}
