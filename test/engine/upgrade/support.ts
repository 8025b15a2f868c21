/** What the world's record says of an upgrade. */
import type { Report } from "../../../rehearsal/report.ts";
import type { EventKind } from "../../../rehearsal/world/record.ts";

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
