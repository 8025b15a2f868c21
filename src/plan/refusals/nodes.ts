/** Nodes that would go, or whose machines would be made anew: only of those whose config was applied, for others hold nothing. */
import type { NodeFacts } from "../facts.ts";
import type { NodeChange } from "./disks.ts";
import type { KeptNode, Existing } from "../existing.ts";
import { isRetired } from "../retired.ts";
import { RETIRE, type Renewal } from "./remedies.ts";

/** A node that is no longer declared. One that is retired for good may go. */
export function removalRefusals(
  existing: Existing,
  node: KeptNode,
  wanted: readonly NodeFacts[],
  renew: Renewal,
): string[] {
  if (wanted.some(({ name }) => name === node.name) || isRetired(existing, node.name)) return [];
  const machine = existing.machines.find(({ name }) => name === node.name);
  if (machine?.retiring) {
    return [
      `homelab:nodes: the entry of "${node.name}" is gone, but its retirement did not come to its end, so the last copy of ` +
        "some data may be on it; bring the entry back with `retiring: true` and `up` until that succeeds",
    ];
  }
  const successor = wanted.findIndex(({ vmId }) => vmId === machine?.vmId);
  if (machine && successor >= 0) {
    const { name } = wanted[successor]!;
    return [
      `homelab:nodes[${successor}].name: "${node.name}" (VM ${machine.vmId}) is now "${name}", which would delete its machine and ` +
        `all of its disks and make another; keep the name${renewUnder(name, node, renew)}`,
    ];
  }
  const way = renew(node.name) === undefined ? LAST_CONTROL_PLANE : `put the entry back, or ${RETIRE}`;
  const lost = machine
    ? `which would delete VM ${machine.vmId} and all of its disks`
    : "which would leave it a node of the cluster for ever, although its machine is lost";
  return [`homelab:nodes: the entry of "${node.name}" is gone, ${lost}; ${way}`];
}

function renewUnder(name: string, node: KeptNode, renew: Renewal): string {
  if (renew(node.name) === undefined) return "";
  return `, or give "${name}" a vmId of its own and retire "${node.name}": ${RETIRE}`;
}

const LAST_CONTROL_PLANE =
  "etcd lives on this control plane alone, so put the entry back; docs/changing-nodes.md says how it can be replaced";

// Not the host: where a machine really runs decides, and a refusal of its own knows that (`hosts.ts`).
const KEYS = ["role", "vmId", "address"] as const;
const EFFECTS: Record<(typeof KEYS)[number], string> = {
  role: "would need its machine to be made anew",
  vmId: "would replace its machine and lose all of its disks",
  address: "would leave the running node without a config for it",
};

/** @param kept What its config made of the node. */
export function machineRefusals(
  change: NodeChange,
  kept: KeptNode,
  role: NodeFacts["role"],
  renew: Renewal,
): string[] {
  const { path, node } = change;
  const old = { ...change.old, role: kept.role ?? role };
  const wanted = { ...node, role };
  const renewed = renew(node.name);
  const retire = renewed === undefined ? "" : `, or ${renewed}: ${RETIRE}`;
  const changed = KEYS.filter((key) => old[key] !== wanted[key]).map(
    (key) =>
      `${path}.${key}: ${shown(old[key])} is now ${shown(wanted[key])}, which ${EFFECTS[key]} ("${node.name}"); set it back${retire}`,
  );
  const [has, named] = [old.macAddress?.toUpperCase(), wanted.macAddress?.toUpperCase()];
  if (has === undefined || named === undefined || has === named) return changed;
  return [
    ...changed,
    `${path}.macAddress: the card of "${node.name}" has ${has}, and with ${named} it would be another one, which the config of the running ` +
      `node does not know; take the line away, write the one it has${retire}`,
  ];
}

function shown(value: string | number): string {
  return typeof value === "string" ? `"${value}"` : String(value);
}
