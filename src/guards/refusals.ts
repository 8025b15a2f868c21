/**
 * Which plans are refused: those that would cost a machine, a disk or a copy of the data. One pure decision over what the
 * last run left and what this one wants. Each refusal names the key responsible, what would happen, and the way to have
 * it on purpose.
 */
import { diskRefusals, growthRefusals } from "./disk-refusals.ts";
import type { NodeFacts, PlanFacts } from "./facts.ts";
import { renewal, RETIRE, type Renewal } from "./ways.ts";
import { storageRefusals } from "./storage-refusals.ts";
import { versionRefusals } from "./version-refusals.ts";

export function refusals(before: PlanFacts, after: PlanFacts): string[] {
  // Under another name every resource is another one, so the rest of the list would only repeat it.
  if (before.clusterName !== after.clusterName) return [renamed(before, after)];
  const pairs = after.nodes.flatMap((node, index) => {
    const old = before.nodes.find(({ name }) => name === node.name);
    return old ? [{ path: `homelab:nodes[${index}]`, old, node }] : [];
  });
  const renew = renewal(before);
  return [
    ...before.nodes.flatMap((node) => removalRefusals(node, after, renew)),
    ...pairs.flatMap(({ path, old, node }) => [
      ...machineRefusals(path, old, node, renew),
      ...diskRefusals(path, old, node, renew),
    ]),
    ...growthRefusals(pairs),
    ...storageRefusals(before, after),
    ...versionRefusals(before.versions, after.versions),
  ];
}

/** The whole message, or undefined when the plan may go on. */
export function refusedPlan(before: PlanFacts, after: PlanFacts): string | undefined {
  const found = refusals(before, after);
  if (found.length === 0) return undefined;
  return ["This plan is refused, and nothing was changed:", ...found.map((line) => `  ${line}`)].join("\n");
}

/**
 * The same for nodes whose retirement was begun but did not get to its end: their entry may not go yet.
 *
 * @param settled Names of the nodes whose retirement a former run completed.
 * @param declared Names of the nodes that the former run and this one declare.
 */
export function unfinishedRetirements(
  settled: { declared: string[]; retired: string[] },
  declared: string[],
): string | undefined {
  const gone = settled.declared.filter((name) => !declared.includes(name) && !settled.retired.includes(name));
  if (gone.length === 0) return undefined;
  return [
    "This plan is refused, and nothing was deleted:",
    ...gone.map(
      (name) =>
        `  homelab:nodes: the entry of "${name}" is gone, but its retirement did not come to its end, so the last copy of ` +
        "some data may be on it; bring the entry back with `retiring: true` and `up` until that succeeds",
    ),
  ].join("\n");
}

function renamed(before: PlanFacts, after: PlanFacts): string {
  return (
    `homelab:cluster.name: "${before.clusterName}" is now "${after.clusterName}", under which every machine and every secret of ` +
    "the cluster would be made anew and the old ones deleted; keep the name, or give the new cluster a stack of its own"
  );
}

function removalRefusals(node: NodeFacts, after: PlanFacts, renew: Renewal): string[] {
  if (after.nodes.some(({ name }) => name === node.name) || node.retiring) return [];
  const successor = after.nodes.findIndex(({ vmId }) => vmId === node.vmId);
  if (successor >= 0) {
    const name = after.nodes[successor]!.name;
    return [
      `homelab:nodes[${successor}].name: "${node.name}" (VM ${node.vmId}) is now "${name}", which would delete its machine and ` +
        `all of its disks and make another; keep the name${renewUnder(name, node, renew)}`,
    ];
  }
  const way = renew(node) === undefined ? LAST_CONTROL_PLANE : `put the entry back, or ${RETIRE}`;
  return [
    `homelab:nodes: the entry of "${node.name}" is gone, which would delete VM ${node.vmId} and all of its disks; ${way}`,
  ];
}

function renewUnder(name: string, node: NodeFacts, renew: Renewal): string {
  if (renew(node) === undefined) return "";
  return `, or give "${name}" a vmId of its own and retire "${node.name}": ${RETIRE}`;
}

const LAST_CONTROL_PLANE =
  "etcd lives on this control plane alone, so put the entry back; docs/changing-nodes.md says how it can be replaced";

// Not the host: where a machine really runs decides, and its own guard knows that (`host-refusals.ts`).
const MACHINE_KEYS = ["role", "vmId", "address"] as const;
const EFFECTS: Record<(typeof MACHINE_KEYS)[number], string> = {
  role: "would need its machine to be made anew",
  vmId: "would replace its machine and lose all of its disks",
  address: "would leave the running node without a config for it",
};

function machineRefusals(path: string, old: NodeFacts, node: NodeFacts, renew: Renewal): string[] {
  const renewed = renew(old);
  const changed = MACHINE_KEYS.filter((key) => old[key] !== node[key]).map((key) => {
    const way = renewed === undefined ? "set it back" : `set it back, or ${renewed}: ${RETIRE}`;
    return `${path}.${key}: ${shown(old[key])} is now ${shown(node[key])}, which ${EFFECTS[key]} ("${node.name}"); ${way}`;
  });
  return changed;
}

function shown(value: string | number): string {
  return typeof value === "string" ? `"${value}"` : String(value);
}
