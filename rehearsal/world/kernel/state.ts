/**
 * The whole state of a simulated homelab: plain JSON, so that it can be saved after every change, survive a killed
 * run and be compared between runs. Units: bytes for sizes, simulated seconds for times. The kernel knows only what
 * belongs to no system; each system adds its own part by declaration merging, in a `state.ts` of its own.
 *
 * What a node knows lives on its disks: a machine that is deleted, or a disk that is lost, takes its machine config, etcd
 * member and replicas with it, as in a real homelab.
 */
import type { WorldEvent } from "./record.ts";

/** What can be broken on purpose, by name; each system adds its own, and says whose name the subject is. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled by declaration merging
export interface Faults {}

export type FaultKind = keyof Faults;

export interface WorldFault {
  kind: FaultKind;
  subject: string;
}

export const WORLD_FORMAT = 1;

export interface WorldState {
  format: typeof WORLD_FORMAT;
  /** The stack (environment) this world belongs to. */
  stack: string;
  /** Seed of everything the world picks at random: device letters, task ids. */
  seed: number;
  /** Simulated seconds since the world was made, as of the last save. */
  elapsed: number;
  /** Counter for ids that must never repeat (disks, boots, tasks). */
  nextId: number;
  events: WorldEvent[];
  /** What is broken on purpose, until somebody mends it (`faults.ts`). */
  faults?: WorldFault[];
}
