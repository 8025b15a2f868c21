/**
 * Chart values -> settings in force. Defaults after the chart's values.yaml and longhorn-manager types/setting.go; conversion after
 * the chart's default-setting.yaml (since 1.10.1 numbers are quoted and maps become JSON, longhorn#12019); a value that the
 * manager finds invalid is ignored with a warning and the default stays (datastore/longhorn.go,
 * filterCustomizedDefaultSettings).
 */
import { at, isRecord, textOf, type Toleration } from "../kubernetes/pods.ts";
import { tolerates } from "../kubernetes/scheduling.ts";

export interface LonghornValues {
  settings: Record<string, string>;
  warnings: string[];
  createStorageClass: boolean;
  defaultClass: boolean;
  classReplicaCount: number;
  reclaimPolicy: string;
  managerTolerations: Toleration[];
  managerNodeSelector: Record<string, string>;
}

type Kind = "text" | "bool" | "percent" | "path" | "replicas" | { options: string[] };

const SETTINGS: Record<string, { key: string; initial: string; kind: Kind }> = {
  defaultDataPath: { key: "default-data-path", initial: "/var/lib/longhorn/", kind: "path" },
  defaultReplicaCount: { key: "default-replica-count", initial: '{"v1":"3","v2":"3"}', kind: "replicas" },
  replicaSoftAntiAffinity: { key: "replica-soft-anti-affinity", initial: "false", kind: "bool" },
  storageOverProvisioningPercentage: {
    key: "storage-over-provisioning-percentage",
    initial: "100",
    kind: "percent",
  },
  storageMinimalAvailablePercentage: {
    key: "storage-minimal-available-percentage",
    initial: "25",
    kind: "percent",
  },
  storageReservedPercentageForDefaultDisk: {
    key: "storage-reserved-percentage-for-default-disk",
    initial: "30",
    kind: "percent",
  },
  createDefaultDiskLabeledNodes: { key: "create-default-disk-labeled-nodes", initial: "false", kind: "bool" },
  allowVolumeCreationWithDegradedAvailability: {
    key: "allow-volume-creation-with-degraded-availability",
    initial: "true",
    kind: "bool",
  },
  deletingConfirmationFlag: { key: "deleting-confirmation-flag", initial: "false", kind: "bool" },
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

export function readValues(values: Record<string, unknown>): LonghornValues {
  const warnings: string[] = [];
  const settings = Object.fromEntries(Object.values(SETTINGS).map(({ key, initial }) => [key, initial]));
  const given = at(values, "defaultSettings");
  for (const [name, raw] of Object.entries(isRecord(given) ? given : {})) {
    const setting = SETTINGS[name];
    if (raw === null || raw === undefined) continue;
    const text = isRecord(raw) ? JSON.stringify(raw) : textOf(raw);
    if (!setting) {
      settings[kebab(name)] = text; // a setting without bearing on this world
      continue;
    }
    const problem = invalid(setting.kind, text);
    if (problem) {
      warnings.push(
        `Invalid customized default setting ${setting.key} with value ${text}, will continue applying other customized settings: ${problem}`,
      );
    } else settings[setting.key] = text;
  }
  const replicas = at(values, "persistence.defaultClassReplicaCount") ?? 3;
  const global = at(values, "global.tolerations");
  const own = at(values, "longhornManager.tolerations");
  const selector = at(values, "longhornManager.nodeSelector");
  const globalSelector = at(values, "global.nodeSelector");
  return {
    settings,
    warnings,
    createStorageClass: at(values, "persistence.createStorageClass") !== false,
    defaultClass: textOf(at(values, "persistence.defaultClass"), "true") === "true",
    classReplicaCount: Number(replicas),
    reclaimPolicy: textOf(at(values, "persistence.reclaimPolicy"), "Delete"),
    managerTolerations: list<Toleration>(nonEmpty(own) ? own : global),
    managerNodeSelector: (nonEmpty(selector) ? selector : (globalSelector ?? {})) as Record<string, string>,
  };
}

function invalid(kind: Kind, text: string): string | undefined {
  if (typeof kind === "object") {
    return kind.options.includes(text) ? undefined : `value must be one of ${kind.options.join(", ")}`;
  }
  switch (kind) {
    case "bool":
      return text === "true" || text === "false" ? undefined : "value must be true or false";
    case "percent":
      return /^\d+$/.test(text) ? undefined : "value is not a number";
    case "path":
      return text.startsWith("/") ? undefined : "the data path must be absolute";
    case "replicas":
      return replicaCount(text) === undefined
        ? "value must be a number from 1 to 20, or a map of them as strings by data engine"
        : undefined;
    case "text":
      return undefined;
  }
}

/**
 * The v1 engine's count out of `2` or `{"v1":"2","v2":"2"}`; in the map the numbers must be strings (longhorn-manager#3936:
 * per-engine settings are maps of strings).
 */
export function replicaCount(text: string): number | undefined {
  let value: unknown = text;
  if (text.trim().startsWith("{")) {
    try {
      const map: unknown = JSON.parse(text);
      if (!isRecord(map) || !Object.values(map).every((each) => typeof each === "string")) return undefined;
      if (Object.keys(map).some((engine) => engine !== "v1" && engine !== "v2")) return undefined;
      value = map["v1"] ?? "3";
    } catch {
      return undefined;
    }
  }
  const count = /^\d+$/.test(String(value)) ? Number(value) : NaN;
  return count >= 1 && count <= 20 ? count : undefined;
}

/** `key=value:Effect; key:Effect`, for the pods that the manager makes itself (types/types.go, ParseTaintToleration). */
export function systemTolerates(setting: string, taint: string): boolean {
  const [pair = "", effect = ""] = taint.split(/:(?=[^:]*$)/);
  const [key = "", value = ""] = pair.split("=", 2);
  if (effect === "PreferNoSchedule") return true;
  return setting
    .split(";")
    .map((part) => part.trim())
    .filter(Boolean)
    .some((part) => {
      const [own = "", ownEffect = ""] = part.split(/:(?=[^:]*$)/);
      const [name = "", wanted] = own.split("=", 2);
      const operator = wanted === undefined ? "Exists" : "Equal";
      return tolerates({ key: name, operator, value: wanted ?? "", effect: ownEffect }, key, value, effect);
    });
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function nonEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : isRecord(value) && Object.keys(value).length > 0;
}

function list<Item>(value: unknown): Item[] {
  return Array.isArray(value) ? (value as Item[]) : [];
}
