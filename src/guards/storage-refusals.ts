/** Changes of Longhorn's settings that would leave data unprotected, or out of sight. */
import type { PlanFacts } from "./facts.ts";

/** Fewer copies than this do not survive the loss of one disk. */
const PROTECTING = 2;

export function storageRefusals(before: PlanFacts, after: PlanFacts): string[] {
  const found: string[] = [];
  const [old, now] = [before.longhorn, after.longhorn];
  if (
    now.replicaCount < old.replicaCount &&
    now.replicaCount < PROTECTING &&
    !after.allow.includes("single-replica")
  ) {
    found.push(
      `homelab:longhorn.replicaCount: ${old.replicaCount} copies would become ${now.replicaCount}, and one failed disk would lose the ` +
        "volumes made from then on; keep two nodes with data disks, or add `single-replica` to homelab:allow",
    );
  }
  if (now.dataPath !== old.dataPath && !after.allow.includes("new-data-path")) {
    found.push(
      `homelab:longhorn.dataPath: "${old.dataPath}" is now "${now.dataPath}", which Longhorn would only use on nodes that join later, ` +
        "so that its data lies in two places; set it back, or add `new-data-path` to homelab:allow",
    );
  }
  return found;
}
