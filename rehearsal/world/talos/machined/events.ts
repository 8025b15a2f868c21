/**
 * The events of machined, as `talosctl` watches them: kept in memory on the node since its boot, and gone with it. A stream
 * that is open when the machine goes breaks.
 * Source: talos v1.12.0 internal/app/machined/pkg/runtime/events.go, v1alpha1_events.go.
 */
import type { World } from "../../kernel/world.ts";

export interface NodeEvent {
  id: string;
  actorId: string;
  /** Name of the message in Talos's API, e.g. `machine.PhaseEvent`. */
  type: string;
  payload: Record<string, unknown>;
}

/** Gets each new event, and `undefined` when the node hangs up. */
export type Listener = (event: NodeEvent | undefined) => void;

interface Journal {
  history: NodeEvent[];
  listeners: Set<Listener>;
  /** The machine status that was published last, as text. */
  status?: string;
  /** Somebody waits for this boot, and has not come yet. */
  awaited?: boolean;
}

/** Talos keeps the last thousand (v1alpha1_events.go). */
const CAPACITY = 1000;

/** By VM id. */
const JOURNALS = Symbol("journals of machined");
const LAST_ID = Symbol("last id of an event of machined");

function journals(world: World): Map<number, Journal> {
  return world.remembered(JOURNALS, () => new Map<number, Journal>());
}

function journalOf(world: World, vmId: number): Journal {
  const journal = journals(world).get(vmId) ?? { history: [], listeners: new Set() };
  journals(world).set(vmId, journal);
  return journal;
}

export function publish(
  world: World,
  vmId: number,
  type: string,
  payload: Record<string, unknown>,
  actorId = "",
): void {
  const journal = journalOf(world, vmId);
  const last = world.remembered(LAST_ID, () => ({ id: 0 }));
  const id = (++last.id).toString(32).padStart(20, "0");
  const event = { id, actorId, type, payload };
  journal.history.push(event);
  if (journal.history.length > CAPACITY) journal.history.shift();
  for (const listener of [...journal.listeners]) listener(event);
}

/** A machine status is news only when it differs from the last one. */
export function publishStatus(world: World, vmId: number, payload: Record<string, unknown>): void {
  const journal = journalOf(world, vmId);
  const text = JSON.stringify(payload);
  if (journal.status === text) return;
  journal.status = text;
  publish(world, vmId, "machine.MachineStatusEvent", payload);
}

/** `tail`: how many past events come first; a negative number means all. Returns the way to end it. */
export function watch(world: World, vmId: number, tail: number, listener: Listener): () => void {
  const journal = journalOf(world, vmId);
  const from = tail < 0 ? 0 : Math.max(journal.history.length - tail, 0);
  for (const event of journal.history.slice(from)) listener(event);
  journal.listeners.add(listener);
  return () => journal.listeners.delete(listener);
}

/**
 * A client that has ordered a reboot comes back after a second of its own, which is minutes here: what the node has published
 * by then it would have seen in life. So to the first one who comes, it is news.
 */
export function expectWatcher(world: World, vmId: number): void {
  journalOf(world, vmId).awaited = true;
}

/** Whether this is the one, who gets the node's status as news. */
export function isExpected(world: World, vmId: number): boolean {
  const journal = journalOf(world, vmId);
  const { awaited } = journal;
  delete journal.awaited;
  return awaited === true;
}

/** The machine went down: its memory is gone, and connections break. */
export function hangUp(world: World, vmId: number): void {
  const journal = journals(world).get(vmId);
  journals(world).delete(vmId);
  for (const listener of journal?.listeners ?? []) listener(undefined);
}
