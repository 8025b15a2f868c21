/** The runs that faults are put into, and where each begins. */
import { RESCUED } from "./known-file.ts";
import type { KnownFile } from "./invariants.ts";

export const SCENARIOS = ["up", "change", "destroy"] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

export interface Scenario {
  title: string;
  command: "up" | "destroy";
  overlays: string[];
  /** The snapshot it begins from: an empty homelab, one that is up, one that may be destroyed. */
  from: "empty" | "running" | "unprotected";
  /** What lies in a volume when it begins, and must be there at the end. */
  known?: KnownFile;
}

/** Another name server: both VMs and both machine configs change, nothing reboots and no version moves. */
export const CHANGE = "network.nameservers=[192.168.1.1, 9.9.9.9]";
export const UNPROTECTED = "protect=false";

export const SCENARIO: Record<ScenarioName, Scenario> = {
  up: { title: "`up` of an empty homelab", command: "up", overlays: [], from: "empty" },
  change: {
    title: "`up` with another name server, data in a volume",
    command: "up",
    overlays: [CHANGE],
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
