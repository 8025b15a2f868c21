/** What this run put on record. */
import type { WorldEvent } from "../../world/kernel/record.ts";
import type { Evidence } from "../check.ts";

export function happened({ world, eventsBefore }: Evidence): WorldEvent[] {
  return world.state.events.slice(eventsBefore);
}

export function upgraded(events: WorldEvent[]): boolean {
  return events.some(({ kind }) => kind === "upgrade-started" || kind === "kubernetes-upgraded");
}
