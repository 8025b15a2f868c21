/**
 * Another VLAN or bridge changes the card of every machine at once, while they run (Proxmox unplugs it and plugs in
 * another), and no gate can stand between two of them: a node that is on another network already is gone for the rest.
 */
import { listWords } from "../../config/problem.ts";
import type { NodeChange } from "./disks.ts";
import type { MachineFacts } from "../facts.ts";

/**
 * Why the card of a machine that runs must not become another, or undefined. The plan was judged by a state that is older than what
 * `up --refresh` finds: cards that were moved by hand since would be put back, all at once.
 *
 * @param path Of its entry, e.g. `homelab:nodes[1]`.
 */
export function cardRefusal(path: string, old: MachineFacts, wanted: MachineFacts): string | undefined {
  const is = cardWords(old, wanted);
  const written = cardWords(wanted, wanted);
  if (is === written) return undefined;
  return (
    `${path}: the card of "${wanted.name}" (VM ${wanted.vmId}) has ${is} now, and ${written} is written, which would change it under ` +
    "the running node; write what it has, once every node has it, or change the card back in Proxmox. Nothing was changed"
  );
}

/** The address counts only where the config names one. */
function cardWords({ bridge, vlan, macAddress }: MachineFacts, { macAddress: named }: MachineFacts): string {
  const address = named === undefined ? [] : [`the address ${macAddress?.toUpperCase()}`];
  return listWords([`bridge "${bridge}"`, vlanWords(vlan), ...address], "and");
}

function vlanWords(vlan: number | undefined): string {
  return vlan === undefined ? "no VLAN tag" : `VLAN ${vlan}`;
}

export function networkRefusals(changes: readonly NodeChange[]): string[] {
  return [
    ...moved(changes, "vlan", ({ vlan }) => vlanWords(vlan)),
    ...moved(changes, "bridge", ({ bridge }) => `bridge "${bridge}"`),
  ];
}

function moved(
  changes: readonly NodeChange[],
  key: "vlan" | "bridge",
  words: (machine: MachineFacts) => string,
): string[] {
  const found = changes.filter(({ old, node }) => old[key] !== node[key]);
  if (found.length === 0) return [];
  const from = [...new Set(found.map(({ old }) => words(old)))];
  const names = listWords(
    found.map(({ node }) => node.name),
    "and",
  );
  return [
    `homelab:network.${key}: ${listWords(from, "and")} would become ${words(found[0]!.node)} under the running ${names}, all at ` +
      "once, and the nodes would lose one another; set it back, or move them one at a time: join the two networks in the switch, change " +
      "the card of one VM in Proxmox, wait until its node is Ready, then the next; after the last one `pulumi refresh`, set the new " +
      "value here, and `up` has nothing left to do",
  ];
}
