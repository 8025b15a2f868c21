/** The way back from an upgrade that fails: etcd as it was before. */
import { verdict, type Evidence } from "../check.ts";
import { happened } from "./happened.ts";

/** Each control plane gives a snapshot before it is told to upgrade, in the same run. Nothing to say of a run without one. */
export function snapshotsTaken(evidence: Evidence) {
  const events = happened(evidence);
  const controlPlanes = new Set(
    evidence.config.nodes.filter(({ role }) => role === "controlplane").map(({ name }) => name),
  );
  const upgraded = [...events.entries()].filter(
    ([, { kind, subject }]) => kind === "upgrade-started" && controlPlanes.has(subject),
  );
  if (upgraded.length === 0) return undefined;
  const causes = upgraded
    .filter(
      ([index, { subject }]) =>
        !events.slice(0, index).some((event) => event.kind === "etcd-snapshot" && event.subject === subject),
    )
    .map(([, { subject }]) => `${subject} was upgraded without a snapshot of its etcd`);
  return verdict(
    "snapshots",
    causes,
    `a snapshot of etcd was taken before each of ${upgraded.length} upgrades`,
  );
}
