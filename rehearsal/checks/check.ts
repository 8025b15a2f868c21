/**
 * What a rehearsal proves. A check looks at the world (its state and its record), never at what the program says of
 * itself, and puts its finding into one sentence: the proof when it holds, the cause when it does not.
 */
import type { HomelabConfig } from "../../src/config/types.ts";
import type { Operation } from "../engine/operations.ts";
import type { SecondPreview } from "../engine/second-preview.ts";
import type { StateResource } from "../engine/state.ts";
import type { TaskTime } from "../world/proxmox/task.ts";
import type { World } from "../world/kernel/world.ts";

export interface Check {
  id: string;
  ok: boolean;
  detail: string;
}

export interface Evidence {
  command: string;
  config: HomelabConfig;
  world: World;
  /** Pulumi ended without an error. */
  succeeded: boolean;
  /** Number of events in the record when this run began. */
  eventsBefore: number;
  /** The stack's outputs, secrets in plain: for comparison only, never to be printed. */
  outputs: Record<string, { value: unknown; secret: boolean }>;
  operations: Operation[];
  /** The environment itself, by its file or an overlay, says that nothing is to be protected. */
  unprotects: boolean;
  /** Pulumi's state before this run and after it. */
  states: { before: readonly StateResource[]; after: readonly StateResource[] };
  /** What Proxmox's tasks took in this run. */
  taskTimes: readonly TaskTime[];
  /** After an `up` that succeeded: what it would do again. */
  secondPreviews?: SecondPreview[];
  /** What the world had to note meanwhile. */
  touchedByPreviews?: string[];
  /** The Proxmox token of this rehearsal. */
  token: string;
  /** Everything that this run leaves behind or printed, by what it is: state, log, record. */
  written: () => Record<string, string>;
}

/** Undefined: it has nothing to say of this run. */
export type CheckFunction = (evidence: Evidence) => Promise<Check | undefined> | Check | undefined;

/** A check out of a list of causes: it holds when there is none. */
export function verdict(id: string, causes: string[], proof: string): Check {
  return causes.length === 0 ? { id, ok: true, detail: proof } : { id, ok: false, detail: causes.join("; ") };
}

export async function runChecks(checks: CheckFunction[], evidence: Evidence): Promise<Check[]> {
  const results: Check[] = [];
  for (const check of checks) {
    const result = await check(evidence);
    if (result) results.push(result);
  }
  return results;
}
