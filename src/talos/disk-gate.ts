import type * as pulumi from "@pulumi/pulumi";
import type { NodeConfig } from "../config/types.ts";
import { recordValue } from "../hooks/recorded-value.ts";
import type { ClusterGates } from "./cluster-gates.ts";
import { declaredDisks, isSame, type DeclaredDisks } from "./declared-disks.ts";

export interface DiskGateArgs {
  nodes: readonly NodeConfig[];
  gates: ClusterGates;
}

/**
 * The gate before the first application: it passes once every node's disks are proven, all looked at in one round. A
 * node that joins later, or whose disks are declared anew, is proven alone and the running ones are left in peace.
 */
export function recordDiskGate(
  name: string,
  { nodes, gates }: DiskGateArgs,
  opts: { parent: pulumi.Resource; dependsOn: pulumi.Resource[] },
): pulumi.Resource {
  return recordValue<Record<string, DeclaredDisks>>(
    name,
    {
      value: Object.fromEntries(nodes.map((node) => [node.name, declaredDisks(node)])),
      act: ({ before }) =>
        gates.passDisks(nodes.filter((node) => !isSame(before?.[node.name], declaredDisks(node)))),
    },
    opts,
  );
}
