/**
 * Configurations with something wrong about them that only the homelab knows: a store, a host, an id, an address, a size or
 * a MAC address. Seeded, so that a case can be tried again by its number. Pure.
 */
import { createHash } from "node:crypto";

/** `first`: of an empty homelab. `added`: a worker that joins a running cluster. */
export type WrongKind = "first" | "added";

export interface WrongConfig {
  kind: WrongKind;
  number: number;
  /** What is wrong, as the overlays of the right configuration say it. */
  name: string;
  wrong: string[];
  right: string[];
  /** The right configuration without the node that is wrong; undefined where it must be there. */
  removed?: string[];
}

/** What the wrong values refer to: {@link HARDWARE_YAML}. */
const FOREIGN = [
  { vmId: 100, address: "192.168.1.100", macAddress: "BC:24:11:0A:0A:64" },
  { vmId: 105, address: "192.168.1.105", macAddress: "BC:24:11:0A:0A:69" },
];

export const HARDWARE_YAML = `hosts:
  - name: pve
    cpus: 12
    memoryGiB: 64
    bridges: [vmbr0]
    datastores:
      - {name: local, type: dir, content: [iso, vztmpl, backup, snippets, import], sizeGiB: 100}
      - {name: local-lvm, type: lvmthin, content: [images, rootdir], sizeGiB: 400}
      - {name: tank, type: zfspool, content: [images, rootdir], sizeGiB: 300}
foreignVms:
${FOREIGN.map(({ vmId, address, macAddress }) => `  - {vmId: ${vmId}, name: stranger-${vmId}, host: pve, address: ${address}, macAddress: "${macAddress}", disks: [{datastore: local-lvm, sizeGiB: 40}]}`).join("\n")}
`;

interface Node {
  name: string;
  role: string;
  host: string;
  vmId: number;
  address: string;
  macAddress?: string;
  osDisk: { sizeGiB: number; datastore?: string };
  dataDisk: { sizeGiB: number; datastore: string };
}

function rightNode(name: string, role: string, number: number): Node {
  return {
    name,
    role,
    host: "pve",
    vmId: 126 + number,
    address: `192.168.1.${126 + number}`,
    osDisk: { sizeGiB: 32 },
    // Thick: what does not fit is refused.
    dataDisk: { sizeGiB: 40, datastore: "tank" },
  };
}

const RIGHT = [rightNode("cp-1", "controlplane", 0), rightNode("worker-1", "worker", 1)];
const JOINING = rightNode("worker-2", "worker", 2);
/** What exists counts, not how many there are: the releases stay as they are when a node joins. */
const COPIES = "longhorn.replicaCount=1";
export const RUNNING = overlaysOf(RIGHT);

/** None of them fits the pool. */
const SIZES = Array.from({ length: 200 }, (_, index) => 301 + 13 * index);

/** @param pick Chooses one of a list. */
type Mistake = (node: Node, pick: <T>(from: readonly T[]) => T) => { node: Node; words: string };

const MISTAKES: Record<string, Mistake> = {
  "OS disk's store": (node, pick) => {
    const datastore = pick(["local-zfs", "nvme", "local", "ceph-vm"]);
    return { node: { ...node, osDisk: { ...node.osDisk, datastore } }, words: datastore };
  },
  "data disk's store": (node, pick) => {
    const datastore = pick(["local-zfs", "nvme", "local", "ceph-vm"]);
    return { node: { ...node, dataDisk: { ...node.dataDisk, datastore } }, words: datastore };
  },
  host: (node, pick) => {
    const host = pick(["pve2", "pve9", "proxmox", "pve-1"]);
    return { node: { ...node, host }, words: host };
  },
  id: (node, pick) => {
    const { vmId } = pick(FOREIGN);
    return { node: { ...node, vmId }, words: String(vmId) };
  },
  address: (node, pick) => {
    const { address } = pick(FOREIGN);
    return { node: { ...node, address }, words: address };
  },
  size: (node, pick) => {
    const sizeGiB = pick(SIZES);
    return { node: { ...node, dataDisk: { ...node.dataDisk, sizeGiB } }, words: `${sizeGiB} GiB` };
  },
  "MAC address": (node, pick) => {
    const { macAddress } = pick(FOREIGN);
    return { node: { ...node, macAddress }, words: macAddress };
  },
};

/** The same for the same seed: three of four are first configurations, the others a node that joins. */
export function wrongConfigs(count: number, seed: string): WrongConfig[] {
  return Array.from({ length: count }, (_, number) =>
    number % 4 === 3 ? added(number, seed) : first(number, seed),
  );
}

function first(number: number, seed: string): WrongConfig {
  const chooser = seeded(`${seed} ${number}`);
  const place = chooser.pick([0, 1]);
  const found = mistaken(RIGHT[place]!, chooser);
  const nodes = RIGHT.map((node, index) => (index === place ? found.node : node));
  return {
    kind: "first",
    number,
    name: found.name,
    wrong: overlaysOf(nodes),
    right: RUNNING,
    ...(place === 1 && { removed: overlaysOf(RIGHT.slice(0, 1)) }),
  };
}

function added(number: number, seed: string): WrongConfig {
  const found = mistaken(JOINING, seeded(`${seed} ${number}`));
  return {
    kind: "added",
    number,
    name: found.name,
    wrong: overlaysOf([...RIGHT, found.node]),
    right: overlaysOf([...RIGHT, JOINING]),
    removed: RUNNING,
  };
}

interface Chooser {
  pick: <T>(from: readonly T[]) => T;
}

/** One mistake, or two of different kinds. */
function mistaken(right: Node, { pick }: Chooser): { node: Node; name: string } {
  const kinds = Object.keys(MISTAKES);
  const chosen = new Set([pick(kinds), ...(pick([true, false, false]) ? [pick(kinds)] : [])]);
  let node = right;
  const names: string[] = [];
  for (const kind of chosen) {
    const made = MISTAKES[kind]!(node, pick);
    node = made.node;
    names.push(`${kind} ${made.words}`);
  }
  return { node, name: `${right.name}: ${names.join(", ")}` };
}

function overlaysOf(nodes: readonly Node[]): string[] {
  return [`nodes=${JSON.stringify(nodes)}`, COPIES, "traefik.ingressNode=cp-1"];
}

/** The same choices for the same text. */
function seeded(text: string): Chooser {
  let turn = 0;
  return {
    pick: (from) => {
      const number = createHash("sha256").update(`${text} ${turn++}`).digest().readUInt32BE(0);
      return from[number % from.length]!;
    },
  };
}
