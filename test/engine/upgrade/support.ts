/** What the world's record says of an upgrade. */
import type { Report } from "../../../rehearsal/report.ts";
import { detachVolume, volumeOfClaim } from "../../../rehearsal/world/longhorn/volumes/volumes.ts";
import type { EventKind } from "../../../rehearsal/world/kernel/record.ts";
import type { World } from "../../../rehearsal/world/kernel/world.ts";
import { CLAIM, clusterIn, writeData } from "../safety/support.ts";

/** Limits in seconds of a test's own time, which is a small part of the world's. */
export const IMPATIENT =
  "upgrade.timeouts={healthy: 60, pull: 60, upgrade: 60, ready: 60, volumes: 60, kubernetes: 120, snapshot: 60}";

/** Data in a volume that nobody has in use: one in use by no pod would never be attached, and so never rebuilt, again. */
export async function writeAtRest(world: World, node: string): Promise<void> {
  await writeData(world, node);
  const cluster = clusterIn(world);
  await detachVolume(cluster, volumeOfClaim(cluster, CLAIM)!.name);
  await world.commit();
}

function of(report: Report, kind: EventKind): Report["events"] {
  return report.events.filter((event) => event.kind === kind);
}

/** By node: the versions that it came to, in order. */
export function upgradesByNode(report: Report): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const { subject, detail } of of(report, "upgrade-done")) {
    (found[subject] ??= []).push(String(detail?.["to"]));
  }
  return found;
}

/** By node: how often its machine booted. */
export function rebootsByNode(report: Report): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { subject } of of(report, "boot")) found[subject] = (found[subject] ?? 0) + 1;
  return found;
}

/** The most nodes that were down at one time. */
export function mostDownAtOnce(report: Report): number {
  const down = new Set<string>();
  let most = 0;
  for (const { kind, subject } of report.events) {
    if (kind === "node-down") down.add(subject);
    if (kind === "node-up") down.delete(subject);
    most = Math.max(most, down.size);
  }
  return most;
}
