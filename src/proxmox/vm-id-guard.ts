/**
 * A VM id that somebody else's machine has must stop a creation. Proxmox refuses it, but the provider retries, takes the
 * second refusal ("already exists") for the success of its first attempt, and adopts the foreign machine: it would
 * resize its disks now and delete it at the next destroy.
 */
import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import type { NodeConfig } from "../config/types.ts";
import type { InProgramContext } from "../hook-context.ts";

export interface ExistingVm {
  vmId: number;
  name: string;
  nodeName: string;
}

/** Why a VM must not be created, or undefined when its id is free. */
export function takenVmId(node: NodeConfig, existing: ExistingVm[]): string | undefined {
  const owner = existing.find(({ vmId }) => vmId === node.vmId);
  return (
    owner &&
    `VM id ${node.vmId} of node "${node.name}" is already taken by "${owner.name}" on ${owner.nodeName}, and nothing was ` +
      "created. Give the node another id (homelab:nodes[].vmId), or, if that machine is what an interrupted run left " +
      "behind, delete it in Proxmox and run again."
  );
}

/** For a hook: throws when the node's id is taken on any host of the Proxmox cluster. */
export async function refuseTakenVmId(
  node: NodeConfig,
  provider: proxmoxve.Provider,
  inContext: InProgramContext,
): Promise<void> {
  const { vms } = await inContext(() => proxmoxve.getVmsLegacy({}, { provider }));
  const taken = takenVmId(node, vms);
  if (taken) throw new Error(taken);
}
