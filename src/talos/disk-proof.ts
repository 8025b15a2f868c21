import * as pulumi from "@pulumi/pulumi";
import type { NodeConfig } from "../config/types.ts";
import type { ClusterProbes } from "./cluster-probes.ts";
import { declaredDisks } from "./data-disk.ts";
import { changeByNode } from "../hooks/change.ts";

export interface DiskProofArgs {
  nodes: NodeConfig[];
  probes: ClusterProbes;
}

/**
 * The gate before the first application: it passes once every node's disks are proven, all looked at in one round. A
 * node that joins later, or whose disks are declared anew, is proven alone and the running ones are left in peace.
 */
export function diskProof(
  name: string,
  { nodes, probes }: DiskProofArgs,
  opts: { parent: pulumi.Resource; dependsOn: pulumi.Resource[] },
): pulumi.Resource {
  return new pulumi.Stash(
    name,
    { input: Object.fromEntries(nodes.map((node) => [node.name, declaredDisks(node)])) },
    {
      ...opts,
      hooks: {
        beforeCreate: [() => probes.dataDisksProven()],
        beforeUpdate: [
          (hook) => {
            const { before, after } = changeByNode(hook);
            return probes.dataDisksProven(nodes.filter(({ name }) => before[name] !== after[name]));
          },
        ],
      },
    },
  );
}
