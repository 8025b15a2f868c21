/** What an upgrade must not have done to a cluster that serves: read from the record alone. Nothing to say of a run without one. */
import type { WorldEvent } from "../world/record.ts";
import type { Check, Evidence } from "./check.ts";
import { verdict } from "./check.ts";

/** What this run put on record, by the times at which it happened: what comes about by itself is noticed later. */
function happened({ world, eventsBefore }: Evidence): WorldEvent[] {
  return world.state.events.slice(eventsBefore).sort((a, b) => a.at - b.at);
}

function upgraded(events: WorldEvent[]): boolean {
  return events.some(({ kind }) => kind === "upgrade-started" || kind === "kubernetes-upgraded");
}

interface Downtime {
  node: string;
  from: number;
  /** Infinity while it lasts. */
  to: number;
}

export function oneNodeDown(evidence: Evidence): Check | undefined {
  const events = happened(evidence);
  if (!upgraded(events)) return undefined;
  const downtimes = downtimesOf(evidence, events);
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

function downtimesOf({ world }: Evidence, events: WorldEvent[]): Downtime[] {
  return events
    .filter(({ kind }) => kind === "node-down")
    .map((down) => {
      const vmId = down.detail?.["vmId"];
      const up = events.find(
        ({ kind, subject, at }) => kind === "node-up" && subject === down.subject && at >= down.at,
      );
      const gone = world.state.proxmox.vms[Number(vmId)] === undefined;
      const removed = events.find(
        ({ kind, subject, at }) => kind === "vm-deleted" && subject === String(vmId) && at >= down.at,
      );
      const to = up ? Number(up.detail?.["at"] ?? up.at) : gone ? (removed?.at ?? down.at) : Infinity;
      return { node: down.subject, from: down.at, to };
    })
    .sort((a, b) => a.from - b.from);
}

/** Three control planes carry one that is away; fewer do not, and nobody expects them to. */
export function quorumKept(evidence: Evidence): Check | undefined {
  const events = happened(evidence);
  const controlPlanes = evidence.config.nodes.filter(({ role }) => role === "controlplane").length;
  if (!upgraded(events) || controlPlanes < 3) return undefined;
  const causes = events.filter(({ kind }) => kind === "etcd-quorum-lost").map(({ text }) => text);
  return verdict("quorum", causes, `etcd of ${controlPlanes} control planes kept its quorum throughout`);
}

/** A volume that is meant to have one copy has none while that is away; its owner has agreed to it. */
export function copiesKept(evidence: Evidence): Check | undefined {
  const events = happened(evidence);
  if (!upgraded(events)) return undefined;
  const replicated = ({ detail }: WorldEvent) => Number(detail?.["wanted"] ?? 2) > 1;
  const causes = events
    .filter((event) => event.kind === "volume-unreadable" && replicated(event))
    .map(({ text }) => text);
  const healed = events.filter(({ kind }) => kind === "volume-healthy").length;
  const degraded = events.filter(({ kind }) => kind === "volume-degraded").length;
  return verdict(
    "copies",
    causes,
    `every replicated volume could be read throughout (copies missing: ${times(degraded)}, all there again: ${times(healed)})`,
  );
}

/** Over the whole record: a run that is resumed must not do again what an earlier one did. */
export function upgradedOnce(evidence: Evidence): Check | undefined {
  if (!upgraded(happened(evidence))) return undefined;
  const runs = new Map<string, string>();
  const causes: string[] = [];
  let count = 0;
  for (const { kind, subject, detail } of evidence.world.state.events) {
    if (kind === "vm-created") runs.delete(subject);
    if (kind !== "upgrade-done") continue;
    count++;
    const vmId = String(detail?.["vmId"]);
    const image = `${String(detail?.["to"])} with schematic ${String(detail?.["schematic"])}`;
    if (runs.get(vmId) === image) causes.push(`${subject} was upgraded twice to ${image}`);
    runs.set(vmId, image);
  }
  return verdict("upgraded-once", causes, `${count} upgrades of nodes on record, none of them done twice`);
}

/** How long what serves was away, where it was: a node's reboot and a replaced pod take their time. */
export function servicesBack(evidence: Evidence): Check | undefined {
  const events = happened(evidence);
  const away = events.filter(({ kind }) => kind === "workload-away");
  if (!upgraded(events) && away.length === 0) return undefined;
  const left = Object.values(evidence.world.state.clusters).flatMap(({ away: now }) =>
    Object.keys(now ?? {}),
  );
  const told = events.filter(({ kind }) => kind === "workload-back").map(({ text }) => text);
  return verdict(
    "away",
    left.map((release) => `no pod of ${release} runs`),
    told.join("; ") || "nothing that serves was away",
  );
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

function seconds(value: number): string {
  return `${Math.round(value)} s`;
}
