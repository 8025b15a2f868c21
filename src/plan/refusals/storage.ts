/** Changes of Longhorn's settings that would leave data unprotected, or out of sight. */
import type { HomelabConfig } from "../../config/types.ts";
import type { Existing } from "../existing.ts";

/** Fewer copies than this do not survive the loss of one disk. */
const PROTECTING = 2;

/** @param old What Longhorn was installed with, if it was. */
export function storageRefusals(
  old: Existing["longhorn"],
  { longhorn: now, allow }: Pick<HomelabConfig, "longhorn" | "allow">,
): string[] {
  if (!old) return [];
  const found: string[] = [];
  if (
    now.replicaCount < old.replicaCount &&
    now.replicaCount < PROTECTING &&
    !allow.includes("single-replica")
  ) {
    found.push(
      `homelab:longhorn.replicaCount: ${old.replicaCount} copies would become ${now.replicaCount}, and one failed disk would lose the ` +
        "volumes made from then on; keep two nodes with data disks, or add `single-replica` to homelab:allow",
    );
  }
  if (now.dataPath !== old.dataPath && !allow.includes("new-data-path")) {
    found.push(
      `homelab:longhorn.dataPath: "${old.dataPath}" is now "${now.dataPath}", which Longhorn would only use on nodes that join later, ` +
        "so that its data lies in two places; set it back, or add `new-data-path` to homelab:allow",
    );
  }
  return found;
}
