/** The runs that faults are put into, and where each begins. */
import { RESCUED } from "./known-file.ts";
import type { KnownFile } from "./invariants.ts";

export const SCENARIOS = ["up", "change", "add", "retire", "remove", "upgrade", "destroy"] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

/** An empty homelab, one that is up, one with a node more, one of whose nodes has retired, one that may be destroyed. */
export type Snapshot = "empty" | "running" | "grown" | "retired" | "unprotected";

export interface Scenario {
  title: string;
  command: "up" | "destroy";
  overlays: string[];
  /** The snapshot it begins from. */
  from: Snapshot;
  /** The snapshot that its undisturbed end is, for others to begin from. */
  leaves?: Snapshot;
  /** What lies in a volume when it begins, and must be there at the end. */
  known?: KnownFile;
  /** Ids of VMs that are gone at the end, and are meant to be. */
  removed?: number[];
}

/** Another name server: both VMs and both machine configs change, nothing reboots and no version moves. */
export const CHANGE = "network.nameservers=[192.168.1.1, 9.9.9.9]";
export const UNPROTECTED = "protect=false";

const worker = (number: number, more = "") =>
  `{name: worker-${number}, role: worker, host: pve, vmId: ${126 + number}, address: 192.168.1.${126 + number}, ` +
  `osDisk: {sizeGiB: 32}, dataDisk: {sizeGiB: 40}${more}}`;
/** Two copies of everything, before and after: there is always another place for one. */
const COPIES = "longhorn.replicaCount=2";

export const SCENARIO: Record<ScenarioName, Scenario> = {
  up: { title: "`up` of an empty homelab", command: "up", overlays: [], from: "empty" },
  change: {
    title: "`up` with another name server, data in a volume",
    command: "up",
    overlays: [CHANGE],
    from: "running",
    known: RESCUED,
  },
  add: {
    title: "`up` with a worker more",
    command: "up",
    overlays: [COPIES, `nodes[2]=${worker(2)}`],
    from: "running",
    leaves: "grown",
    known: RESCUED,
  },
  retire: {
    title: "`up` with `retiring: true` on the worker that holds a copy of the data",
    command: "up",
    overlays: [COPIES, "nodes[1].retiring=true", `nodes[2]=${worker(2)}`],
    from: "grown",
    leaves: "retired",
    known: RESCUED,
  },
  remove: {
    title: "`up` without the entry of the worker that has retired",
    command: "up",
    overlays: [COPIES, `nodes[1]=${worker(2)}`],
    from: "retired",
    known: RESCUED,
    removed: [127],
  },
  upgrade: {
    title: "`up` with a newer patch version of Talos",
    command: "up",
    // talosctl waits in real seconds: without its first look at a node's events it waits for all of its time.
    overlays: ["cluster.talosVersion=v1.12.1", "upgrade.timeouts={upgrade: 20}"],
    from: "running",
    known: RESCUED,
  },
  destroy: {
    title: "`destroy`, once unprotected",
    command: "destroy",
    overlays: [UNPROTECTED],
    from: "unprotected",
  },
};

/** Those that must be gone through, in order, so that these can begin. */
export function withBeginnings(names: readonly ScenarioName[]): ScenarioName[] {
  const needed = new Set<ScenarioName>(names);
  for (const name of [...SCENARIOS].reverse()) {
    const { from } = SCENARIO[name];
    const before = SCENARIOS.find((each) => SCENARIO[each].leaves === from);
    if (needed.has(name) && before) needed.add(before);
  }
  return SCENARIOS.filter((name) => needed.has(name));
}
