/**
 * What is broken in the homelab on purpose. A fault is data in the world's state: set by name for one subject, it bites
 * whenever the physics comes by, in this run and the next ones, until it is mended. Faults of single *requests* (a lost
 * reply, a killed engine) are something else: `request-faults.ts`.
 */
import type { FaultKind, WorldFault, WorldState } from "./state.ts";

/** Whatever has the state of a homelab. */
interface Homelab {
  state: WorldState;
}

/** Breaks it. Twice is once. */
export function setFault(world: Homelab, kind: FaultKind, subject: string | number): void {
  if (hasFault(world, kind, subject)) return;
  (world.state.faults ??= []).push({ kind, subject: String(subject) });
}

/** Mends it; without a subject, every fault of that kind. */
export function clearFault(world: Homelab, kind: FaultKind, subject?: string | number): void {
  const matches = (fault: WorldFault) =>
    fault.kind === kind && (subject === undefined || fault.subject === String(subject));
  world.state.faults = (world.state.faults ?? []).filter((fault) => !matches(fault));
}

/** Whether it bites this subject; a fault of `*` bites every one. */
export function hasFault(world: Homelab, kind: FaultKind, subject: string | number): boolean {
  return (world.state.faults ?? []).some(
    (fault) => fault.kind === kind && (fault.subject === String(subject) || fault.subject === "*"),
  );
}
