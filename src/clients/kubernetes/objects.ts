/** What Kubernetes' objects mean to an upgrade. Only the fields that are read are named. */
import type { KubernetesNode, StorageReplica, StorageVolume } from "../../observe/picture.ts";

interface Metadata {
  name?: string;
  annotations?: Record<string, string>;
  deletionTimestamp?: unknown;
}

export interface NodeObject {
  metadata?: Metadata;
  spec?: { unschedulable?: boolean };
  status?: {
    conditions?: { type: string; status: string }[];
    nodeInfo?: { osImage: string; kubeletVersion: string };
  };
}

export interface VolumeObject {
  metadata?: Metadata;
  spec?: {
    numberOfReplicas?: number;
    /** Bytes. */
    size?: string;
    /** `ignored` leaves it to the setting of that name. */
    replicaSoftAntiAffinity?: string;
  };
  status?: {
    state?: string;
    robustness?: string;
    kubernetesStatus?: { namespace?: string; pvcName?: string };
  };
}

export interface ReplicaObject {
  metadata?: Metadata;
  spec?: { volumeName?: string; nodeID?: string; healthyAt?: string; failedAt?: string };
}

/** Talos's marks (machinery, constants.AnnotationCordonedKey and K8sExtensionPrefix). */
export const CORDONED_BY_TALOS = "talos.dev/cordoned";
const SCHEMATIC = "extensions.talos.dev/schematic";

export function kubernetesNode({ metadata, spec, status }: NodeObject): KubernetesNode {
  const annotations = metadata?.annotations ?? {};
  return {
    name: metadata?.name ?? "",
    ready: status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false,
    cordoned: spec?.unschedulable === true,
    cordonedByTalos: CORDONED_BY_TALOS in annotations,
    osImage: status?.nodeInfo?.osImage ?? "",
    schematicId: annotations[SCHEMATIC],
    kubeletVersion: status?.nodeInfo?.kubeletVersion ?? "",
  };
}

export function storageVolume({ metadata, spec, status }: VolumeObject): StorageVolume {
  const { namespace, pvcName } = status?.kubernetesStatus ?? {};
  return {
    name: metadata?.name ?? "",
    claim: namespace && pvcName ? `${namespace}/${pvcName}` : undefined,
    state: status?.state ?? "",
    robustness: status?.robustness ?? "unknown",
    copies: spec?.numberOfReplicas ?? 0,
  };
}

/** Healthy by Longhorn's own rule (longhorn-manager, datastore, IsAvailableHealthyReplica). */
export function storageReplica({ metadata, spec }: ReplicaObject): StorageReplica {
  return {
    volume: spec?.volumeName ?? "",
    node: spec?.nodeID ?? "",
    healthy: metadata?.deletionTimestamp === undefined && !spec?.failedAt && Boolean(spec?.healthyAt),
  };
}
