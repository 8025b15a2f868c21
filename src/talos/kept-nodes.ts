import type * as pulumi from "@pulumi/pulumi";
import type { NodeConfig, Role } from "../config/types.ts";
import { recordNodeValues } from "../hooks/recorded-value.ts";
import type { ClusterGates } from "./cluster-gates.ts";

export interface KeptNodesArgs {
  nodes: readonly NodeConfig[];
  /** Whether a record may not be deleted, unless its node retires. */
  protect: boolean;
  /** How many nodes had a node's name before it. */
  life: (node: string) => number;
  gates: ClusterGates;
}

/**
 * The records that a node may have its config, and so that there may be data on its disk. A record is what protects the machine, and
 * what its changes are judged by from then on. It is written before the config is sent: where the reply is lost, Talos has
 * taken the config all the same.
 *
 * @param opts `dependsOn`: everything that is to hold before a config is sent.
 * @returns By node name.
 */
export function recordKeptNodes(
  name: string,
  { nodes, protect, life, gates }: KeptNodesArgs,
  opts: { parent: pulumi.Resource; dependsOn: pulumi.Resource[] },
): Map<string, pulumi.Resource> {
  return recordNodeValues<{ role: Role; life?: number }>(
    `${name}-kept`,
    {
      on: "create",
      nodes,
      resourceName: (node) => `${name}-${node.name}-kept`,
      value: ({ name, role }) => ({ role, ...(life(name) > 0 && { life: life(name) }) }),
      // Of a machine whose disks cannot be proven nothing is kept: it will not be sent anything.
      act: (_change, node) => gates.passDisks([node]),
    },
    opts,
    ({ retiring }) => ({ protect: protect && retiring !== true }),
  );
}
