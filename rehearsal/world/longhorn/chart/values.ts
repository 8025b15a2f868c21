/**
 * Chart values -> settings and class in force. Defaults after the chart's values.yaml and `settings.ts`; conversion after
 * the chart's default-setting.yaml (since 1.10.1 numbers are quoted and maps become JSON, longhorn#12019); a value that the
 * manager finds invalid is ignored with a warning and the default stays (datastore/longhorn.go,
 * filterCustomizedDefaultSettings).
 */
import { at, isRecord, textOf, type Toleration } from "../../kubernetes/pods/spec.ts";
import { settingProblem, SETTINGS } from "./settings.ts";
import { readStorageClass, type StorageClass } from "../volumes/storage-class.ts";
import { parseTaint, tolerates } from "../../kubernetes/nodes/taints.ts";

export interface LonghornValues {
  settings: Record<string, string>;
  warnings: string[];
  /** Undefined where none is wanted. */
  storageClass?: StorageClass;
  defaultClass: boolean;
  managerTolerations: Toleration[];
  managerNodeSelector: Record<string, string>;
}

export function readValues(values: Record<string, unknown>): LonghornValues {
  const warnings: string[] = [];
  const settings = Object.fromEntries(
    Object.values(SETTINGS).flatMap(({ key, initial }) => (initial === undefined ? [] : [[key, initial]])),
  ) as Record<string, string>;
  const given = at(values, "defaultSettings");
  for (const [name, raw] of Object.entries(isRecord(given) ? given : {})) {
    const setting = SETTINGS[name];
    if (raw === null || raw === undefined) continue;
    const text = isRecord(raw) ? JSON.stringify(raw) : textOf(raw);
    if (!setting) {
      warnings.push(`defaultSettings.${name} is in no template of the chart, and has no effect`);
      continue;
    }
    const problem = settingProblem(setting, text);
    if (problem) {
      warnings.push(
        `Invalid customized default setting ${setting.key} with value ${text}, will continue applying other customized settings: ${problem}`,
      );
    } else settings[setting.key] = text;
  }
  const wanted = at(values, "persistence.createStorageClass") !== false;
  const storageClass = wanted ? readStorageClass(values) : undefined;
  if (storageClass?.refused !== undefined) warnings.push(storageClass.refused);
  const global = at(values, "global.tolerations");
  const own = at(values, "longhornManager.tolerations");
  const selector = at(values, "longhornManager.nodeSelector");
  const globalSelector = at(values, "global.nodeSelector");
  return {
    settings,
    warnings,
    ...(storageClass && { storageClass }),
    defaultClass: textOf(at(values, "persistence.defaultClass"), "true") === "true",
    managerTolerations: list<Toleration>(nonEmpty(own) ? own : global),
    managerNodeSelector: (nonEmpty(selector) ? selector : (globalSelector ?? {})) as Record<string, string>,
  };
}

/** `key=value:Effect; key:Effect`, for the pods that the manager makes itself (types/types.go, ParseTaintToleration). */
export function systemTolerates(setting: string, taint: string): boolean {
  const wanted = parseTaint(taint);
  if (wanted.effect === "PreferNoSchedule") return true;
  const parts = setting.split(";").map((part) => part.trim());
  return parts.filter(Boolean).some((part) => {
    const { value, ...rest } = parseTaint(part);
    return tolerates(
      { ...rest, operator: value === undefined ? "Exists" : "Equal", value: value ?? "" },
      wanted,
    );
  });
}

function nonEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : isRecord(value) && Object.keys(value).length > 0;
}

function list<Item>(value: unknown): Item[] {
  return Array.isArray(value) ? (value as Item[]) : [];
}
