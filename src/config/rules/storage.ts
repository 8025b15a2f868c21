/** Disks that can be told apart, and a Longhorn that they can carry. */
import { defaultScheduling, staysWithDataDisk } from "../derive.ts";
import type { Draft } from "../draft.ts";
import { listWords, show, type Problem } from "../problem.ts";
import type { Fields } from "../read.ts";
import type { NodeInput } from "../schema.ts";
import { USER_VOLUME } from "../schema/longhorn.ts";
import { gibToBytes, talosSize } from "../sizes.ts";
import { LONGHORN_CHARTS } from "../versions.ts";
import { allKnown, nodeName, type Rule } from "./rule.ts";

function sizeText(sizeGiB: number): string {
  return `${sizeGiB} GiB (Talos: ${talosSize(gibToBytes(sizeGiB))})`;
}

/**
 * The data disk is recognised by its exact size. /dev/sdX names change from boot to boot, and formatting the wrong disk
 * is the one mistake that cannot be undone.
 */
function dataSizeUnique(draft: Draft): Problem[] {
  return draft.nodes.flatMap((node) => {
    const size = node.values.dataDisk?.sizeGiB;
    if (size === undefined) return [];
    const extraDisks = node.values.extraDisks ?? [];
    return [
      ...(node.values.osDisk?.sizeGiB === size
        ? [
            {
              path: `${node.path}.dataDisk.sizeGiB`,
              message: `${sizeText(size)} is also the size of the OS disk of ${nodeName(node)}; the data disk is recognised by its size, so the two must differ`,
            },
          ]
        : []),
      ...extraDisks.flatMap((disk, index) =>
        disk.sizeGiB === size
          ? [
              {
                path: `${node.path}.extraDisks[${index}].sizeGiB`,
                message: `${sizeText(size)} is also the size of the data disk of ${nodeName(node)}; the data disk is recognised by its size, so no other disk may have it`,
              },
            ]
          : [],
      ),
    ];
  });
}

/** The proof before the first apply wants exactly one disk of the OS disk's size, too. */
function osSizeUnique(draft: Draft): Problem[] {
  return draft.nodes.flatMap((node) =>
    (node.values.extraDisks ?? []).flatMap((disk, index) =>
      disk.sizeGiB === node.values.osDisk?.sizeGiB
        ? [
            {
              path: `${node.path}.extraDisks[${index}].sizeGiB`,
              message: `${sizeText(disk.sizeGiB)} is also the size of the OS disk of ${nodeName(node)}; the OS disk is recognised by its size, so no other disk may have it`,
            },
          ]
        : [],
    ),
  );
}

function withDataDisk(draft: Draft): Fields<NodeInput>[] {
  return draft.nodes.filter((node) => node.values.dataDisk !== undefined);
}

function dataDiskPresent(draft: Draft): Problem[] {
  if (!allKnown(draft, "dataDisk", "retiring")) return [];
  if (draft.nodes.some(({ values }) => staysWithDataDisk(values))) return [];
  const that = withDataDisk(draft).length > 0 ? "node that stays" : "node";
  return [{ path: "homelab:nodes", message: `no ${that} has a dataDisk; Longhorn needs at least one` }];
}

function replicasFit(draft: Draft): Problem[] {
  const { replicaCount } = draft.longhorn.values;
  if (replicaCount === undefined || !allKnown(draft, "dataDisk", "retiring")) return [];
  const holders = draft.nodes.filter(({ values }) => staysWithDataDisk(values)).length;
  if (holders === 0 || replicaCount <= holders) return [];
  const stay = holders < withDataDisk(draft).length ? " and stay" : "";
  const nodes =
    holders === 1
      ? `1 node has a data disk${stay && " and stays"}`
      : `${holders} nodes have data disks${stay}`;
  return [
    {
      path: `${draft.longhorn.path}.replicaCount`,
      message: `${replicaCount} replicas need ${replicaCount} nodes with a data disk, and ${nodes}; at most ${holders} is allowed`,
    },
  ];
}

/**
 * Only below the user volume's mount does a path mean the data disk both to the kubelet and to containerd;
 * /var/lib/longhorn is a directory of the OS disk in the host's mount namespace (siderolabs/talos#13069).
 */
function dataPathInVolume(draft: Draft): Problem[] {
  const { dataPath } = draft.longhorn.values;
  if (dataPath === undefined || dataPath === USER_VOLUME || dataPath.startsWith(`${USER_VOLUME}/`)) return [];
  return [
    {
      path: `${draft.longhorn.path}.dataPath`,
      message: `${show(dataPath)} is not on the data disk; ${USER_VOLUME} or a directory in it is`,
    },
  ];
}

function dataDiskReachable(draft: Draft): Problem[] {
  if (draft.longhorn.values.tolerateControlPlanes !== false || !controlPlanesClosed(draft)) return [];
  return withDataDisk(draft)
    .filter((node) => node.values.role === "controlplane")
    .map((node) => ({
      path: `${node.path}.dataDisk`,
      message: `Longhorn cannot use it, because nothing may run on the control plane ${nodeName(node)}; set ${draft.cluster.path}.allowSchedulingOnControlPlanes or ${draft.longhorn.path}.tolerateControlPlanes to true`,
    }));
}

/** Whether it is certain that workloads cannot run on control planes. */
export function controlPlanesClosed(draft: Draft): boolean {
  const { allowSchedulingOnControlPlanes } = draft.cluster.values;
  if (draft.cluster.bad.has("allowSchedulingOnControlPlanes")) return false;
  if (allowSchedulingOnControlPlanes !== undefined) return !allowSchedulingOnControlPlanes;
  const { tolerateControlPlanes } = draft.longhorn.values;
  if (tolerateControlPlanes === undefined || !allKnown(draft, "role", "dataDisk")) return false;
  const nodes = draft.nodes.map((node) => ({
    role: node.values.role ?? "worker",
    dataDisk: node.values.dataDisk,
  }));
  return !defaultScheduling(nodes, tolerateControlPlanes);
}

function longhornSupported(draft: Draft): Problem[] {
  const { version } = draft.longhorn.values;
  if (version === undefined || LONGHORN_CHARTS.includes(version)) return [];
  return [
    {
      path: `${draft.longhorn.path}.version`,
      message: `"${version}" is not supported; supported are ${listWords(LONGHORN_CHARTS, "and")}`,
    },
  ];
}

export const STORAGE_RULES: readonly Rule[] = [
  { id: "data-size-unique", check: dataSizeUnique },
  { id: "os-size-unique", check: osSizeUnique },
  { id: "data-disk-present", check: dataDiskPresent },
  { id: "replicas-fit", check: replicasFit },
  { id: "data-path-in-volume", check: dataPathInVolume },
  { id: "data-disk-reachable", check: dataDiskReachable },
  { id: "longhorn-supported", check: longhornSupported },
];
