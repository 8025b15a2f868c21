/** A run's evidence out of a record in short. */
import type { Evidence } from "../../../rehearsal/checks/check.ts";
import type { EventKind, WorldEvent } from "../../../rehearsal/world/kernel/record.ts";

export type Entry = [at: number, kind: EventKind, subject: string, detail?: Record<string, unknown>];

export const UPGRADE: Entry = [1, "upgrade-started", "cp-1"];

export function evidence(
  entries: Entry[],
  options: { before?: number; controlPlanes?: number; vms?: number[] } = {},
): Evidence {
  const { before = 0, controlPlanes = 3, vms = [126, 127] } = options;
  const events = entries.map(([at, kind, subject, detail]): WorldEvent => ({
    at,
    kind,
    subject,
    text: `${kind} ${subject}`,
    severity: "info",
    ...(detail ? { detail } : {}),
  }));
  const proxmox = { vms: Object.fromEntries(vms.map((vmId) => [vmId, {}])) };
  return {
    eventsBefore: before,
    config: { nodes: Array.from({ length: controlPlanes }, () => ({ role: "controlplane" })) },
    world: { state: { events, proxmox, clusters: {} } },
  } as unknown as Evidence;
}
