/**
 * What is broken in the homelab on purpose. A fault is data in the world's state: set by name for one subject, it bites
 * whenever the physics comes by, in this run and the next ones, until it is mended. Faults of single *requests* (a lost
 * reply, a killed engine) are something else: `request-faults.ts`.
 */
import type { World } from "./world.ts";

export const WORLD_FAULTS = {
  /** The node reaches no registry: pulls are tried for twenty minutes and fail. Subject: VM id. */
  "pull-fails": "its pulls of images fail",
  /** The next reboot from inside gets stuck; a power cycle, or mending it, brings the machine back. Subject: VM id. */
  "reboot-hangs": "its next reboot hangs",
  /** A new boot entry does not come up, and the firmware falls back to the one before. Subject: VM id. */
  "boot-falls-back": "it cannot boot a new image and falls back to the old one",
  /** Its etcd does not start any more, as with a corrupt data directory. Subject: VM id. */
  "etcd-member-fails": "its etcd does not run",
  /** etcd's database is full: the alarm NOSPACE. Subject: VM id. */
  "etcd-alarm": "its etcd raised the alarm NOSPACE",
  /** Replicas that were lost are not rebuilt. Subject: name of the Longhorn volume, or `*`. */
  "volume-does-not-heal": "its lost replicas are not rebuilt",
} as const;

export type WorldFaultKind = keyof typeof WORLD_FAULTS;

export interface WorldFault {
  kind: WorldFaultKind;
  subject: string;
}

/** Breaks it. Twice is once. */
export function setFault(world: World, kind: WorldFaultKind, subject: string | number): void {
  if (hasFault(world, kind, subject)) return;
  (world.state.faults ??= []).push({ kind, subject: String(subject) });
}

/** Mends it; without a subject, every fault of that kind. */
export function clearFault(world: World, kind: WorldFaultKind, subject?: string | number): void {
  const matches = (fault: WorldFault) =>
    fault.kind === kind && (subject === undefined || fault.subject === String(subject));
  world.state.faults = (world.state.faults ?? []).filter((fault) => !matches(fault));
}

/** Whether it bites this subject; a fault of `*` bites every one. */
export function hasFault(world: World, kind: WorldFaultKind, subject: string | number): boolean {
  return (world.state.faults ?? []).some(
    (fault) => fault.kind === kind && (fault.subject === String(subject) || fault.subject === "*"),
  );
}
