/** What no two nodes may share. */
import { defaultSerial } from "../derive.ts";
import type { Draft } from "../draft.ts";
import { show, type Problem } from "../problem.ts";
import type { Fields } from "../read.ts";
import type { NodeInput } from "../schema.ts";
import { nodeName, type Rule } from "./rule.ts";

interface Shared {
  /** Path inside the node. */
  field: string;
  /** What is compared; undefined where the node has none. */
  key: (node: Fields<NodeInput>) => string | number | undefined;
  message: (value: string, owner: string) => string;
}

function unique(id: string, shared: Shared): Rule {
  return { id, check: (draft) => duplicates(draft, shared) };
}

/** The first node with a value owns it; every later one is told. */
function duplicates(draft: Draft, shared: Shared): Problem[] {
  const owners = new Map<string | number, Fields<NodeInput>>();
  const problems: Problem[] = [];
  for (const node of draft.nodes) {
    const key = shared.key(node);
    if (key === undefined) continue;
    const owner = owners.get(key);
    if (owner === undefined) owners.set(key, node);
    else {
      problems.push({
        path: `${node.path}.${shared.field}`,
        message: shared.message(show(key), nodeName(owner)),
      });
    }
  }
  return problems;
}

export const UNIQUE_RULES: readonly Rule[] = [
  unique("unique-name", {
    field: "name",
    key: (node) => node.values.name,
    message: (value) => `${value} is already the name of another node; every node needs its own`,
  }),
  unique("unique-vm-id", {
    field: "vmId",
    key: (node) => node.values.vmId,
    message: (value, owner) =>
      `${value} is already the id of ${owner}; every VM needs its own id (100 to 999999999)`,
  }),
  unique("unique-address", {
    field: "address",
    key: (node) => node.values.address,
    message: (value, owner) => `${value} is already the address of ${owner}; every node needs its own`,
  }),
  unique("unique-mac", {
    field: "macAddress",
    key: (node) => node.values.macAddress?.toUpperCase(),
    message: (value, owner) =>
      `${value} is already the MAC address of ${owner}; every node needs its own, or none for one that Proxmox picks`,
  }),
  unique("unique-serial", {
    field: "dataDisk.serial",
    key: serialOf,
    message: (value, owner) =>
      `${value} is already the serial of the data disk of ${owner}; a disk is recognised by it, so every one needs its own`,
  }),
];

function serialOf(node: Fields<NodeInput>): string | undefined {
  const { dataDisk, vmId } = node.values;
  if (dataDisk === undefined) return undefined;
  return dataDisk.serial ?? (vmId === undefined ? undefined : defaultSerial(vmId));
}
