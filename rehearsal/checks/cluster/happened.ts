/** What this run put on record. */
import type { WorldEvent } from "../../world/kernel/record.ts";
import type { Evidence } from "../check.ts";

/** By the times at which it happened: what comes about by itself is noticed later. */
export function happened({ world, eventsBefore }: Evidence): WorldEvent[] {
  return world.state.events.slice(eventsBefore).sort((a, b) => a.at - b.at);
}

export function upgraded(events: WorldEvent[]): boolean {
  return events.some(({ kind }) => kind === "upgrade-started" || kind === "kubernetes-upgraded");
}
