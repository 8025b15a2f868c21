/** Values for Longhorn's chart. Settings must be strings: the chart writes them into a ConfigMap as they are. */
import type { LonghornConfig, NodeConfig } from "../config/types.ts";

export const LONGHORN_NAMESPACE = "longhorn-system";
/** Name of the storage class that the chart makes. */
export const STORAGE_CLASS = "longhorn";

const CONTROL_PLANE_TAINT = "node-role.kubernetes.io/control-plane";

/** What the chart's values are made of. */
export interface StorageArgs {
  longhorn: LonghornConfig;
  /** All nodes of the configuration. */
  nodes: readonly NodeConfig[];
  /** Whether any pod may run on control planes. */
  schedulableControlPlanes: boolean;
}

export function longhornValues({
  longhorn,
  nodes,
  schedulableControlPlanes,
}: StorageArgs): Record<string, unknown> {
  const replicas = String(longhorn.replicaCount);
  const tolerate = longhorn.tolerateControlPlanes;
  const schedulable = nodes.filter(
    ({ role }) => role === "worker" || schedulableControlPlanes || tolerate,
  ).length;
  // More copies of a CSI sidecar than nodes only share a node and its fate.
  const copies = Math.min(3, schedulable);
  const tolerations = tolerate
    ? { tolerations: [{ key: CONTROL_PLANE_TAINT, operator: "Exists", effect: "NoSchedule" }] }
    : {};

  return {
    defaultSettings: {
      defaultDataPath: longhorn.dataPath,
      // Volumes made in Longhorn's UI. Since 1.10 the setting is one map for both data engines.
      defaultReplicaCount: { v1: replicas, v2: replicas },
      // Two replicas on one node are one disk failure away from none.
      replicaSoftAntiAffinity: "false",
      // Replicas only where a data disk was proven; see DEFAULT_DISK_LABEL.
      createDefaultDiskLabeledNodes: "true",
      // Volumes follow an upgrade of Longhorn by themselves, live, one at a time on each node. Its default is 0: they stay with
      // the old engine until somebody sees to each, and once that is too old, Longhorn refuses its next upgrade
      // (longhorn-manager, CheckEngineUpgradePathSupported).
      concurrentAutomaticEngineUpgradePerNodeLimit: "1",
      deletingConfirmationFlag: String(longhorn.deletingConfirmation),
      ...(tolerate && { taintToleration: `${CONTROL_PLANE_TAINT}:NoSchedule` }),
    },
    persistence: {
      defaultClass: true,
      // Volumes made by claims.
      defaultClassReplicaCount: replicas,
    },
    csi: {
      attacherReplicaCount: String(copies),
      provisionerReplicaCount: String(copies),
      resizerReplicaCount: String(copies),
      snapshotterReplicaCount: String(copies),
    },
    longhornUI: { replicas: Math.min(2, copies) },
    ...(tolerate && { longhornManager: tolerations, longhornDriver: tolerations }),
  };
}
