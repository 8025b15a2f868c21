/** Which faults a campaign tries: every operation of every scenario, with each kind that means something there. Pure. */
import { createHash } from "node:crypto";
import type { Case } from "./bench.ts";
import { FAULT_KINDS, type FaultKind, type Passed } from "../world/kernel/request-faults.ts";
import type { ScenarioName } from "./scenario.ts";

/** What only looks has no effect to lose: its lost reply is a failure, and so is what a killed engine makes of it. */
const KINDS_OF_A_LOOK: FaultKind[] = ["fail", "hang"];
/** Computed in the provider itself: nothing on the way that could be slow. */
const COMPUTED = /invoke (getConfiguration|getVersions)\b/;

/** Waiting for a task is the moment in which most runs are cut off, and what the hooks ask decides over disks. */
const WATCHED = /\/tasks\/|invoke getDisks|invoke getHealth|GET \/(version|cluster\/(nextid|resources))$/;

export function kindsFor({ key, changes }: Passed): readonly FaultKind[] {
  if (changes) return FAULT_KINDS;
  if (COMPUTED.test(key)) return ["fail"];
  return WATCHED.test(key) ? FAULT_KINDS : KINDS_OF_A_LOOK;
}

export function allCases(operations: Partial<Record<ScenarioName, Passed[]>>): Case[] {
  return (Object.entries(operations) as [ScenarioName, Passed[]][]).flatMap(([scenario, passed]) =>
    passed.flatMap((operation) =>
      kindsFor(operation).map((kind) => ({ scenario, fault: { at: operation.key, kind, times: 1 } })),
    ),
  );
}

/** A sample that is the same for the same seed, spread over kinds and scenarios as the whole is. */
export function sample(cases: Case[], count: number, seed: string): Case[] {
  const rank = ({ scenario, fault }: Case) =>
    createHash("sha256").update(`${seed} ${scenario} ${fault.kind} ${fault.at}`).digest("hex");
  return [...cases].sort((a, b) => (rank(a) < rank(b) ? -1 : 1)).slice(0, count);
}

export function caseName({ scenario, fault }: Case): string {
  return `${scenario}: ${fault.kind} at ${fault.at}`;
}
