/** The parts of a pod that the physics looks at, in the API's own shape, read from untyped manifests and values. */

export interface PodSpec {
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  restartPolicy?: string;
  nodeName?: string;
  nodeSelector?: Record<string, string>;
  affinity?: {
    nodeAffinity?: {
      requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms?: NodeSelectorTerm[] };
    };
    podAntiAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: { topologyKey?: string }[] };
  };
  tolerations?: Toleration[];
  securityContext?: PodSecurityContext;
  volumes?: Volume[];
  initContainers?: Container[];
  containers: Container[];
}

export interface NodeSelectorTerm {
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
  matchFields?: { key: string; operator: string; values?: string[] }[];
}

export interface Toleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
}

export interface PodSecurityContext {
  runAsUser?: number;
  runAsGroup?: number;
  runAsNonRoot?: boolean;
  fsGroup?: number;
  fsGroupChangePolicy?: string;
  supplementalGroups?: number[];
  seccompProfile?: { type?: string };
  sysctls?: { name: string; value: string }[];
}

export interface SecurityContext extends PodSecurityContext {
  privileged?: boolean;
  allowPrivilegeEscalation?: boolean;
  readOnlyRootFilesystem?: boolean;
  capabilities?: { add?: string[]; drop?: string[] };
  procMount?: string;
}

export interface Container {
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  env?: { name: string; value?: string }[];
  workingDir?: string;
  terminationMessagePolicy?: string;
  securityContext?: SecurityContext;
  volumeMounts?: VolumeMount[];
  ports?: { name?: string; containerPort: number; hostPort?: number; hostIP?: string; protocol?: string }[];
  resources?: { limits?: Record<string, unknown>; requests?: Record<string, unknown> };
}

export interface VolumeMount {
  name: string;
  mountPath: string;
  subPath?: string;
  readOnly?: boolean;
  mountPropagation?: string;
}

export interface Volume {
  name: string;
  hostPath?: { path: string; type?: string };
  persistentVolumeClaim?: { claimName: string; readOnly?: boolean };
  emptyDir?: Record<string, unknown>;
  configMap?: Record<string, unknown>;
  secret?: Record<string, unknown>;
  [other: string]: unknown;
}

export function allContainers(pod: PodSpec): Container[] {
  return [...(pod.initContainers ?? []), ...pod.containers];
}

/**
 * Ports that a pod takes on its host. With `hostNetwork` the API server sets every `hostPort` to its `containerPort`
 * (kubernetes pkg/apis/core/v1/defaults.go, SetDefaults_PodSpec/defaultHostNetworkPorts), which the scheduler then sees.
 */
export function hostPorts(pod: PodSpec): number[] {
  const ports = pod.containers.flatMap((container) => container.ports ?? []);
  const taken = ports.map((port) => (pod.hostNetwork ? port.containerPort : port.hostPort));
  return [...new Set(taken.filter((port): port is number => typeof port === "number" && port > 0))];
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Walks into untyped values: `at(values, "ports.web.port")`. */
export function at(value: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((inner, key) => (isRecord(inner) ? inner[key] : undefined), value);
}

/** A scalar as text; what is none, or an empty text, gives the fallback. */
export function textOf(value: unknown, fallback = ""): string {
  const scalar = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return (scalar && String(value)) || fallback;
}
