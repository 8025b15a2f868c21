/**
 * What no `up` may do to a cluster that serves, whatever it changes: read from the record alone. Nothing to say of a run that
 * upgraded nothing and in which no node that was Ready went down.
 */
import type { WorldEvent } from "../../world/kernel/record.ts";
import { type Check, type Evidence, verdict } from "../check.ts";
import { happened, upgraded } from "./happened.ts";

interface Downtime {
  node: string;
  from: number;
  /** Infinity while it lasts. */
  to: number;
}

/** Undefined where there is nothing to judge. */
function outagesOf(evidence: Evidence): { events: WorldEvent[]; downtimes: Downtime[] } | undefined {
  const events = happened(evidence);
  const downtimes = downtimesOf(evidence, events);
  return downtimes.length > 0 || upgraded(events) ? { events, downtimes } : undefined;
}

/** Of nodes that were Ready. One that was deleted for good is no outage: it has left. */
function downtimesOf({ world }: Evidence, events: WorldEvent[]): Downtime[] {
  return events
    .filter(({ kind, detail }) => kind === "node-down" && detail?.["ready"] !== false)
    .flatMap((down) => {
      const up = events.find(
        ({ kind, subject, at }) => kind === "node-up" && subject === down.subject && at >= down.at,
      );
      if (!up && world.state.proxmox.vms[Number(down.detail?.["vmId"])] === undefined) return [];
      const to = up ? Number(up.detail?.["at"] ?? up.at) : Infinity;
      return { node: down.subject, from: down.at, to };
    });
}

export function oneNodeDown(evidence: Evidence): Check | undefined {
  const outages = outagesOf(evidence);
  if (!outages) return undefined;
  const { downtimes } = outages;
  const causes = downtimes.flatMap(({ node, to }, index) => {
    if (to === Infinity) return [`${node} is still down`];
    const next = downtimes.slice(index + 1).find((other) => other.from < to && other.node !== node);
    return next ? [`${next.node} went down ${seconds(to - next.from)} before ${node} was back`] : [];
  });
  const told = downtimes.map(({ node, from, to }) => `${node} for ${seconds(to - from)}`);
  const proof =
    told.length === 0 ? "no node was down" : `one node after the other was down: ${told.join(", ")}`;
  return verdict("one-node-down", causes, proof);
}

/** Three control planes carry one that is away; fewer do not, and nobody expects them to. */
export function quorumKept(evidence: Evidence): Check | undefined {
  const controlPlanes = evidence.config.nodes.filter(({ role }) => role === "controlplane").length;
  const outages = outagesOf(evidence);
  if (!outages || controlPlanes < 3) return undefined;
  const causes = outages.events.filter(({ kind }) => kind === "etcd-quorum-lost").map(({ text }) => text);
  return verdict("quorum", causes, `etcd of ${controlPlanes} control planes kept its quorum throughout`);
}

/**
 * A volume that is meant to have one copy has none while that is away; its owner has agreed to it. One that lacks a copy takes
 * no further node going down; only where it did so before the run may the first node go, for that may be what mends it.
 */
export function copiesKept(evidence: Evidence): Check | undefined {
  const outages = outagesOf(evidence);
  if (!outages) return undefined;
  const { events, downtimes } = outages;
  const replicated = ({ detail }: WorldEvent) => Number(detail?.["wanted"] ?? 2) > 1;
  const meddled = ({ at, detail }: WorldEvent) =>
    downtimes.some(({ node, from }) => node !== detail?.["node"] && from <= Number(detail?.["since"])) ||
    events.some(
      (each) => each.kind === "upgrade-started" && each.subject === detail?.["node"] && each.at <= at,
    );
  const causes = events
    .filter(
      (event) =>
        (event.kind === "volume-unreadable" && replicated(event)) ||
        (event.kind === "volume-exposed" && meddled(event)),
    )
    .map(({ text }) => text);
  const healed = events.filter(({ kind }) => kind === "volume-healthy").length;
  const degraded = events.filter(({ kind }) => kind === "volume-degraded").length;
  return verdict(
    "copies",
    causes,
    `every replicated volume could be read throughout (copies missing: ${times(degraded)}, all there again: ${times(healed)})`,
  );
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

function seconds(value: number): string {
  return `${Math.round(value)} s`;
}
