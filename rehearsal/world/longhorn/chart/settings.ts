/**
 * Longhorn's settings by the names that the chart gives them (longhorn chart/templates/default-setting.yaml, v1.10.2 to v1.12.1: a
 * name that is not in there is rendered nowhere), and what the manager takes for a value (longhorn-manager v1.12.1 types/setting.go:
 * ValidateSetting with the definitions' types, ranges, choices and engines; datastore/longhorn.go: ValidateSetting).
 */
import { isRecord } from "../../kubernetes/pods/spec.ts";

type Kind = "text" | "bool" | "path" | { min: number; max?: number } | { options: string[] };

export interface Setting {
  key: string;
  kind: Kind;
  /** Of those that this world looks at. */
  initial?: string;
  /** Those it has a value for each of; as a map it names exactly these, and its values are strings. */
  engines?: string[];
}

const BOTH = ["v1", "v2"];

/** What this world acts on. */
const ACTED_ON: Record<string, Setting> = {
  defaultDataPath: { key: "default-data-path", initial: "/var/lib/longhorn/", kind: "path" },
  defaultReplicaCount: {
    key: "default-replica-count",
    initial: '{"v1":"3","v2":"3"}',
    kind: { min: 1, max: 20 },
    engines: BOTH,
  },
  replicaSoftAntiAffinity: { key: "replica-soft-anti-affinity", initial: "false", kind: "bool" },
  storageOverProvisioningPercentage: {
    key: "storage-over-provisioning-percentage",
    initial: "100",
    kind: { min: 0 },
  },
  storageMinimalAvailablePercentage: {
    key: "storage-minimal-available-percentage",
    initial: "25",
    kind: { min: 0, max: 100 },
  },
  storageReservedPercentageForDefaultDisk: {
    key: "storage-reserved-percentage-for-default-disk",
    initial: "30",
    kind: { min: 0, max: 100 },
  },
  createDefaultDiskLabeledNodes: { key: "create-default-disk-labeled-nodes", initial: "false", kind: "bool" },
  allowVolumeCreationWithDegradedAvailability: {
    key: "allow-volume-creation-with-degraded-availability",
    initial: "true",
    kind: "bool",
  },
  deletingConfirmationFlag: { key: "deleting-confirmation-flag", initial: "false", kind: "bool" },
  replicaReplenishmentWaitInterval: {
    key: "replica-replenishment-wait-interval",
    initial: "600",
    kind: { min: 0 },
  },
  v2DataEngine: { key: "v2-data-engine", initial: "false", kind: "bool" },
  taintToleration: { key: "taint-toleration", initial: "", kind: "text" },
  nodeDrainPolicy: {
    key: "node-drain-policy",
    initial: "block-if-contains-last-replica",
    kind: {
      options: [
        "block-if-contains-last-replica",
        "allow-if-replica-is-stopped",
        "always-allow",
        "block-for-eviction",
        "block-for-eviction-if-contains-last-replica",
      ],
    },
  },
  nodeDownPodDeletionPolicy: {
    key: "node-down-pod-deletion-policy",
    initial: "do-nothing",
    kind: {
      options: [
        "do-nothing",
        "delete-statefulset-pod",
        "delete-deployment-pod",
        "delete-both-statefulset-and-deployment-pod",
      ],
    },
  },
};

const BOOLS =
  "allowCollectingLonghornUsageMetrics allowEmptyDiskSelectorVolume allowEmptyNodeSelectorVolume allowRecurringJobWhileVolumeDetached " +
  "autoCleanupRecurringJobBackupSnapshot autoCleanupSnapshotAfterOnDemandBackupCompleted autoCleanupSnapshotWhenDeleteBackup " +
  "autoCleanupSystemGeneratedSnapshot autoDeletePodWhenVolumeDetachedUnexpectedly autoSalvage csiStorageCapacityTracking " +
  "detachManuallyAttachedVolumesWhenCordoned disableSchedulingOnCordonedNode disableSnapshotPurge kubernetesClusterAutoscalerEnabled " +
  "kubernetesMetricsServerMetricsEnabled nodeDiskHealthMonitoring offlineReplicaRebuilding removeSnapshotsDuringFilesystemTrim " +
  "replicaDiskSoftAntiAffinity replicaZoneSoftAntiAffinity restoreVolumeRecurringJobs rwxVolumeFastFailover upgradeChecker v1DataEngine";

/** Lowest and, where there is one, highest. */
const NUMBERS: Record<string, [number, number?]> = {
  backingImageCleanupWaitInterval: [0],
  backingImageRecoveryWaitInterval: [0],
  backupConcurrentLimit: [1],
  backupExecutionTimeout: [1],
  concurrentAutomaticEngineUpgradePerNodeLimit: [0],
  concurrentReplicaRebuildPerNodeLimit: [0],
  concurrentVolumeBackupRestorePerNodeLimit: [0],
  engineImagePodLivenessProbeFailureThreshold: [1, 60],
  engineImagePodLivenessProbePeriod: [1, 60],
  engineImagePodLivenessProbeTimeout: [1, 60],
  failedBackupTTL: [0],
  instanceManagerPodLivenessProbeTimeout: [1, 60],
  longGRPCTimeOut: [1, 604800],
  orphanResourceAutoDeletionGracePeriod: [0],
  recurringFailedJobsHistoryLimit: [0],
  recurringJobMaxRetention: [1],
  recurringSuccessfulJobsHistoryLimit: [0],
  replicaFileSyncHttpClientTimeout: [5, 120],
  restoreConcurrentLimit: [1],
  snapshotCountWarningThreshold: [2],
  snapshotHeavyTaskConcurrentLimit: [0],
  snapshotMaxCount: [2, 250],
  supportBundleFailedHistoryLimit: [0],
};

const CHOICES: Record<string, string[]> = {
  backupCompressionMethod: ["none", "lz4", "gzip"],
  defaultDataLocality: ["disabled", "best-effort", "strict-local"],
  replicaAutoBalance: ["disabled", "least-effort", "best-effort"],
  systemManagedPodsImagePullPolicy: ["if-not-present", "never", "always"],
};

const BY_ENGINE: Record<string, Setting> = {
  disableRevisionCounter: { key: "disable-revision-counter", kind: "bool", engines: ["v1"] },
  engineReplicaTimeout: { key: "engine-replica-timeout", kind: { min: 8, max: 30 }, engines: BOTH },
  fastReplicaRebuildEnabled: { key: "fast-replica-rebuild-enabled", kind: "bool", engines: BOTH },
  freezeFilesystemForSnapshot: { key: "freeze-filesystem-for-snapshot", kind: "bool", engines: ["v1"] },
  rebuildConcurrentSyncLimit: {
    key: "replica-rebuild-concurrent-sync-limit",
    kind: { min: 1, max: 5 },
    engines: ["v1"],
  },
  snapshotDataIntegrity: {
    key: "snapshot-data-integrity",
    kind: { options: ["disabled", "enabled", "fast-check"] },
    engines: BOTH,
  },
  snapshotDataIntegrityImmediateCheckAfterSnapshotCreation: {
    key: "snapshot-data-integrity-immediate-check-after-snapshot-creation",
    kind: "bool",
    engines: BOTH,
  },
};

/** Texts, and settings of the second data engine, whose values are passed over here. */
const UNJUDGED =
  "blacklistForAutoDeletePodWhenVolumeDetachedUnexpectedly csiAllowedTopologyKeys dataEngineCPUIsolationEnabled dataEngineCPUMask " +
  "dataEngineHugepageEnabled dataEngineInterruptModeEnabled dataEngineIobufLargePoolSize dataEngineIobufSmallPoolSize " +
  "dataEngineLogFlags dataEngineLogLevel dataEngineMemorySize dataEngineNumberOfCPUCores defaultBackupBlockSize defaultControlPath " +
  "defaultLonghornStaticStorageClass defaultNvmeTcpNrIoQueues defaultUblkNumberOfQueue defaultUblkQueueDepth " +
  "endpointNetworkForRWXVolume guaranteedInstanceManagerCPU logLevel logPath managerUrl orphanResourceAutoDeletion priorityClass " +
  "replicaRebuildingBandwidthLimit snapshotDataIntegrityCronjob storageNetwork systemManagedCSIComponentsResourceLimits " +
  "systemManagedComponentsNodeSelector upgradeResponderURL";

export const SETTINGS: Record<string, Setting> = {
  ...of(BOOLS.split(" "), () => "bool"),
  ...of(Object.keys(NUMBERS), (name) => ({ min: NUMBERS[name]![0], max: NUMBERS[name]![1] ?? Infinity })),
  ...of(Object.keys(CHOICES), (name) => ({ options: CHOICES[name]! })),
  ...of(UNJUDGED.split(" "), () => "text"),
  ...BY_ENGINE,
  ...ACTED_ON,
};

function of(names: string[], kind: (name: string) => Kind): Record<string, Setting> {
  const key = (name: string) => name.replace(/(?<=[a-z\d])[A-Z]/g, "-$&").toLowerCase();
  return Object.fromEntries(names.map((name) => [name, { key: key(name), kind: kind(name) }]));
}

/** Why the manager does not take a value, in its words; undefined when it does. */
export function settingProblem({ kind, engines }: Setting, text: string): string | undefined {
  if (!text.trim().startsWith("{")) return valueProblem(kind, text);
  if (kind === "text") return undefined;
  if (!engines) return "JSON-formatted value is not supported for non-data-engine-specific setting";
  const values = valuesByEngine(text);
  if (!values) return `failed to parse JSON-formatted value ${text}`;
  if (Object.keys(values).sort().join() !== engines.join()) return "mismatched data engines";
  return Object.values(values)
    .map((each) => valueProblem(kind, each))
    .find((problem) => problem !== undefined);
}

function valueProblem(kind: Kind, text: string): string | undefined {
  if (kind === "text") return undefined;
  if (kind === "bool") return text === "true" || text === "false" ? undefined : "value must be true or false";
  if (kind === "path") return text.startsWith("/") ? undefined : "the data path must be absolute";
  if ("options" in kind) {
    const { options } = kind;
    return options.includes(text)
      ? undefined
      : `value ${text} is not a valid choice, available choices [${options.join(" ")}]`;
  }
  if (!/^[+-]?\d+$/.test(text.trim())) return `failed to parse single int value ${text}`;
  const { min, max = Infinity } = kind;
  if (Number(text) < min) return `value ${text} should be larger than or equal to ${min}`;
  return Number(text) > max ? `value ${text} should be less than or equal to ${max}` : undefined;
}

/** A map of strings, as per-engine settings are (longhorn-manager#3936); undefined when it is none. */
function valuesByEngine(text: string): Record<string, string> | undefined {
  try {
    const map: unknown = JSON.parse(text);
    const strings = isRecord(map) && Object.values(map).every((each) => typeof each === "string");
    return strings ? (map as Record<string, string>) : undefined;
  } catch {
    return undefined;
  }
}

/** What a setting that was taken says for the v1 engine. */
export function forFirstEngine(text: string): string {
  return text.trim().startsWith("{") ? (valuesByEngine(text)?.["v1"] ?? "") : text.trim();
}
