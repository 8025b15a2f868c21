/**
 * The selector each node runs with, evaluated by Talos's own code over the disks the node has, and over those it will
 * have: every Longhorn volume in use on a node is one of its disks, of the exact size that its claim asked for.
 */
import type { NodeConfig } from "../../../src/config/types.ts";
import { dataDiskOf } from "../../world/talos/disks/declared.ts";
import { ISCSI_TOOLS } from "../../world/factory/extensions.ts";
import { hostOf } from "../../world/talos/host.ts";
import { inventory, type TalosDisk } from "../../world/talos/disks/inventory.ts";
import { selectDisks } from "../../world/talos/disks/volumes.ts";
import type { World } from "../../world/kernel/world.ts";
import { verdict, type Evidence } from "../check.ts";
import { copyOfWorld } from "../copy.ts";

export async function selectorsUnambiguous({ config, world }: Evidence) {
  const causes: string[] = [];
  for (const node of config.nodes) {
    causes.push(...(await selectorProblems(world, node)));
    const attached = withLargeVolume(world, node);
    if (causes.length === 0 && attached) causes.push(...(await selectorProblems(attached, node)));
  }
  return verdict(
    "selector",
    [...new Set(causes)],
    "each node's selector matches its data disk and nothing else, even beside a Longhorn volume of the same size",
  );
}

async function selectorProblems(world: World, node: NodeConfig): Promise<string[]> {
  const machine = world.state.machines[node.vmId];
  const vm = world.state.proxmox.vms[node.vmId];
  if (!machine?.facts || !vm) return [];
  const volumes = machine.facts.volumes.filter(({ kind }) => kind === "UserVolumeConfig");
  if (node.dataDisk && volumes.length === 0) return [`the config of ${node.name} asks for no user volume`];

  const problems: string[] = [];
  const declared = dataDiskOf(world.state, vm)?.id;
  for (const { diskSelector } of volumes) {
    const disks = inventory(world, node.vmId);
    const matches = await selectDisks(world, vm, diskSelector, disks);
    const found = disks.filter((_, index) => matches[index]);
    const [only] = found;
    if (!only) problems.push(`the selector of ${node.name} matches no disk: ${diskSelector}`);
    else if (found.length > 1) {
      problems.push(
        `the selector of ${node.name} matches ${found.length} disks: ${found.map(nameOf).join(", ")}`,
      );
    } else if (only.diskId !== declared) {
      problems.push(`the selector of ${node.name} matches ${nameOf(only)}, not its data disk`);
    }
  }
  return problems;
}

/** The node with a Longhorn volume of exactly its data disk's size; undefined where it cannot attach one. */
function withLargeVolume(world: World, node: NodeConfig): World | undefined {
  const sizeBytes = world.state.declarations?.[node.vmId]?.dataDisk?.sizeBytes;
  const host = hostOf(world, node.vmId);
  if (sizeBytes === undefined || !host.isUp() || !host.extensions().includes(ISCSI_TOOLS)) return undefined;
  const copy = copyOfWorld(world);
  hostOf(copy, node.vmId).attachIscsi({ name: "as-large-as-the-data-disk", sizeBytes });
  return copy;
}

function nameOf(disk: TalosDisk): string {
  return disk.iscsi
    ? `${disk.devPath} (Longhorn volume ${disk.iscsi})`
    : `${disk.devPath} (${disk.prettySize})`;
}
