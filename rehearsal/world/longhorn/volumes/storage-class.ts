/**
 * The class `longhorn` out of the chart's values, and what its parameters come to when a claim asks for a volume. Sources: longhorn
 * chart/templates/storageclass.yaml; longhorn-manager v1.12.1 csi/controller_server.go (CreateVolume), csi/util.go (getVolumeOptions),
 * webhook/resources/volume/validator.go, types/types.go; kubernetes pkg/apis/storage/validation.
 */
import { at, textOf } from "../../kubernetes/pods/spec.ts";
import { forFirstEngine } from "../chart/settings.ts";
import { MiB } from "../../kernel/units.ts";

export interface StorageClass {
  reclaimPolicy: string;
  parameters: Record<string, string>;
  /** Why the API server does not take it: claims then wait for a class that is not there. */
  refused?: string;
}

/** mkfs.xfs makes none below it (longhorn-manager util/util.go; longhorn#8488). */
const MIN_XFS = 300 * MiB;

export function readStorageClass(values: Record<string, unknown>): StorageClass {
  const given = (name: string, fallback: unknown = "") => at(values, `persistence.${name}`) ?? fallback;
  const selector = (name: string) => given(`${name}.enable`) === true && given(`${name}.selector`);
  const revisionCounter = given("disableRevisionCounter", "true");
  const optional: Record<string, unknown> = {
    fsType: given("defaultFsType", "ext4"),
    mkfsParams: given("defaultMkfsParams"),
    migratable: given("migratable", false),
    diskSelector: selector("defaultDiskSelector"),
    nodeSelector: selector("defaultNodeSelector"),
    unmapMarkSnapChainRemoved: given("unmapMarkSnapChainRemoved", "ignored"),
    disableRevisionCounter: revisionCounter,
    // The template has it inside of that condition.
    dataEngine: Boolean(revisionCounter) && given("dataEngine", "v1"),
  };
  const reclaimPolicy = textOf(given("reclaimPolicy", "Delete"));
  const binding = textOf(given("volumeBindingMode")) || "Immediate";
  const refused =
    unsupported("reclaimPolicy", reclaimPolicy, ["Delete", "Retain"]) ??
    unsupported("volumeBindingMode", binding, ["Immediate", "WaitForFirstConsumer"]);
  return {
    reclaimPolicy,
    parameters: {
      numberOfReplicas: textOf(given("defaultClassReplicaCount", 3)),
      dataLocality: textOf(given("defaultDataLocality", "disabled")),
      // `if` in a template passes what is empty or false.
      ...Object.fromEntries(
        Object.entries(optional).flatMap(([name, value]) => (value ? [[name, textOf(value)]] : [])),
      ),
    },
    ...(refused !== undefined && { refused }),
  };
}

function unsupported(field: string, value: string, supported: string[]): string | undefined {
  if (supported.includes(value)) return undefined;
  const list = supported.map((each) => `"${each}"`).join(", ");
  return `StorageClass.storage.k8s.io "longhorn" is invalid: ${field}: Unsupported value: "${value}": supported values: ${list}`;
}

const INVALID = "rpc error: code = InvalidArgument desc = invalid parameter";
const DENIED =
  'rpc error: code = Internal desc = Bad response statusCode [500]. Body: [message=unable to create volume: admission webhook "validator.longhorn.io" denied the request:';

/** Why no volume of that size is made, in the provisioner's words; undefined when one is. */
export function provisioningProblem(
  parameters: Record<string, string>,
  settings: Record<string, string>,
  sizeBytes: number,
): string | undefined {
  const { fsType, numberOfReplicas = "0", dataLocality = "disabled", dataEngine = "v1" } = parameters;
  if (fsType === "xfs" && sizeBytes < MIN_XFS)
    return `rpc error: code = Unknown desc = XFS filesystems with size ${sizeBytes}, smaller than ${MIN_XFS}, are not supported`;
  if (!/^\d+$/.test(numberOfReplicas))
    return `${INVALID} numberOfReplicas: strconv.Atoi: parsing "${numberOfReplicas}": invalid syntax`;
  if (!["disabled", "best-effort", "strict-local"].includes(dataLocality))
    return `${INVALID} dataLocality: invalid data locality mode: ${dataLocality}`;
  const revision = parameters["disableRevisionCounter"] ?? "true";
  if (!/^(1|t|T|true|TRUE|True|0|f|F|false|FALSE|False)$/.test(revision))
    return `${INVALID} disableRevisionCounter: strconv.ParseBool: parsing "${revision}": invalid syntax`;
  const unmap = parameters["unmapMarkSnapChainRemoved"] ?? "ignored";
  if (!["ignored", "enabled", "disabled"].includes(unmap))
    return `${INVALID} unmapMarkSnapChainRemoved: invalid UnmapMarkSnapChainRemoved setting: ${unmap}`;
  const count = replicasOf(parameters, settings);
  if (count > 20) return `${DENIED} replica count value ${count} must between 1 to 20]`;
  if (dataLocality === "strict-local" && count !== 1)
    return `${DENIED} number of replica count should be 1 when data locality is strict-local]`;
  if (dataEngine !== "v1" && settings["v2-data-engine"] !== "true")
    return `${DENIED} v2-data-engine data engine is not enabled]`;
  return undefined;
}

/** None asked for means the setting's (webhook/resources/volume/mutator.go). */
export function replicasOf(
  { numberOfReplicas = "0" }: Record<string, string>,
  settings: Record<string, string>,
): number {
  return Number(numberOfReplicas) || Number(forFirstEngine(settings["default-replica-count"] ?? "3"));
}

/** Nothing here tags nodes or disks (scheduler/replica_scheduler.go: ErrorReplicaScheduleTagsNotFulfilled). */
export function tagProblem({ diskSelector, nodeSelector }: Record<string, string>): string | undefined {
  const wanted = [diskSelector, nodeSelector].filter((each) => each !== undefined);
  return wanted.length === 0
    ? undefined
    : `replica scheduling failed: tags not fulfilled: no node and no disk has the tags ${wanted.join(", ")}`;
}

/** What the CSI plugin's image has no mkfs for is found out at the first mount (csi/node_server.go, getMounter). */
export function formatProblem(fsType = "ext4"): string | undefined {
  if (["ext2", "ext3", "ext4", "xfs"].includes(fsType)) return undefined;
  return `rpc error: code = Internal desc = format of disk failed: type:("${fsType}") errcode:(exec: "mkfs.${fsType}": executable file not found in $PATH)`;
}
