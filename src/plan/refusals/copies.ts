/** What would wait in vain for copies of the data: said by the configuration and the state alone. */
import { staysWithDataDisk } from "../../config/derive.ts";
import type { HomelabConfig } from "../../config/types.ts";
import type { Existing } from "../existing.ts";
import { isRetired } from "../retired.ts";

/**
 * Volumes made with one copy cannot be used while its node is down, so no node would ever be upgraded.
 */
export function singleCopyRefusals(
  { longhorn, images }: Existing,
  config: Pick<HomelabConfig, "cluster" | "nodes" | "allow">,
): string[] {
  if (longhorn?.replicaCount !== 1 || config.allow.includes("single-replica")) return [];
  const { talosVersion, extensions } = config.cluster;
  const due = images.some(
    (image) => image.talosVersion !== talosVersion || image.extensions.join() !== extensions.join(),
  );
  if (!due) return [];
  const holders = config.nodes.filter(staysWithDataDisk).length;
  const second =
    holders > 1
      ? "give every volume a second copy in Longhorn's UI, set `replicaCount: 2` and `up` before"
      : "add a second node with a data disk, `up`, give every volume a second copy in Longhorn's UI, and upgrade then";
  return [
    "homelab:longhorn.replicaCount: the volumes were made with 1 copy, which is away while its node is upgraded, so the upgrade " +
      `would only wait; accept that by adding \`single-replica\` to homelab:allow, or ${second}`,
  ];
}

/** A node retires once its copies are elsewhere; two copies of a volume never share a node (replicaSoftAntiAffinity). */
export function nowhereRefusals(
  existing: Existing,
  config: Pick<HomelabConfig, "nodes" | "allow">,
): string[] {
  const { longhorn, kept } = existing;
  const holders = config.nodes.filter(staysWithDataDisk).length;
  if (!longhorn || longhorn.replicaCount <= holders) return [];
  return config.nodes.flatMap((node, index) => {
    const leaves = node.retiring === true && node.dataDisk !== undefined && !isRetired(existing, node.name);
    if (!leaves || !kept.some(({ name }) => name === node.name)) return [];
    const stay = holders === 1 ? "1 node with a data disk stays" : `${holders} nodes with data disks stay`;
    return [
      `homelab:nodes[${index}].retiring: the volumes were made with ${longhorn.replicaCount} copies, each on a node of its own, and ${stay}, ` +
        `so those on "${node.name}" have nowhere to go; add a node with a data disk in its place, or set \`replicaCount: ${holders}\`${consent(holders, config)} and ` +
        "`up` first, and lower the copies of every volume in Longhorn's UI",
    ];
  });
}

function consent(holders: number, { allow }: Pick<HomelabConfig, "allow">): string {
  return holders > 1 || allow.includes("single-replica") ? "" : " with `single-replica` in homelab:allow";
}
