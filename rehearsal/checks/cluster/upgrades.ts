/** What an upgrade did, read from the record alone. Nothing to say of a run without one. */
import { type Check, type Evidence, verdict } from "../check.ts";
import { happened, upgraded } from "./happened.ts";

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
