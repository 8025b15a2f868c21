/**
 * Pod Security admission: which level a namespace enforces, and what a pod violates there. Checks and wording after
 * k8s.io/pod-security-admission/policy (check_*.go), message after admission/admission.go.
 */
import { allContainers, type Container, type PodSpec } from "../pods/spec.ts";
import type { ClusterState } from "../state.ts";

export type Level = "privileged" | "baseline" | "restricted";

const ENFORCE = "pod-security.kubernetes.io/enforce";
const VERSION = "pod-security.kubernetes.io/enforce-version";

/** Talos's default admission configuration (talos internal/.../generate, DefaultPodSecurityAdmission). */
export const TALOS_DEFAULT: Level = "baseline";

/** Namespaces that Talos's admission configuration exempts. */
const EXEMPT = ["kube-system"];

export function enforcedLevel(
  state: Pick<ClusterState, "namespaces">,
  namespace: string,
  clusterDefault: Level = TALOS_DEFAULT,
): { level: Level; version: string } {
  if (EXEMPT.includes(namespace)) return { level: "privileged", version: "latest" };
  const labels = state.namespaces[namespace]?.labels ?? {};
  const asked = labels[ENFORCE];
  const version = labels[VERSION] ?? "latest";
  if (asked === undefined) return { level: clusterDefault, version };
  // An unknown value falls back to the strictest level (api/helpers.go, PolicyToEvaluate).
  return { level: isLevel(asked) ? asked : "restricted", version };
}

function isLevel(text: string): text is Level {
  return text === "privileged" || text === "baseline" || text === "restricted";
}

/** Undefined when the pod is admitted; else the reason as the API server words it. */
export function admissionError(
  pod: PodSpec,
  { level, version }: { level: Level; version: string },
): string | undefined {
  if (level === "privileged") return undefined;
  const violations = [...baseline(pod), ...(level === "restricted" ? restricted(pod) : [])];
  if (violations.length === 0) return undefined;
  return `violates PodSecurity "${level}:${version}": ${violations.join(", ")}`;
}

/** The same, in full, for an object that is refused. */
export function forbidden(pods: string, name: string, reason: string): string {
  return `${pods} "${name}" is forbidden: ${reason}`;
}

const BASELINE_CAPABILITIES = new Set([
  ..."AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID".split(
    " ",
  ),
  "SYS_CHROOT",
]);

function baseline(pod: PodSpec): string[] {
  const found: string[] = [];
  const containers = allContainers(pod);

  const capabilities = containers.filter((container) =>
    container.securityContext?.capabilities?.add?.some((name) => !BASELINE_CAPABILITIES.has(name)),
  );
  if (capabilities.length > 0) {
    const added = capabilities.flatMap((container) => container.securityContext?.capabilities?.add ?? []);
    const beyond = [...new Set(added.filter((name) => !BASELINE_CAPABILITIES.has(name)))].sort();
    found.push(
      `non-default capabilities (${subject(capabilities)} must not include ${quoted(beyond)} in securityContext.capabilities.add)`,
    );
  }

  const namespaces = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((key) => pod[key]);
  if (namespaces.length > 0) {
    found.push(`host namespaces (${namespaces.map((key) => `${key}=true`).join(", ")})`);
  }

  const hostPaths = (pod.volumes ?? []).filter((volume) => volume.hostPath);
  if (hostPaths.length > 0) {
    found.push(
      `hostPath volumes (${plural("volume", hostPaths.length)} ${quoted(hostPaths.map((v) => v.name))})`,
    );
  }

  // With hostNetwork the API server has set hostPort on every port already.
  const hostPorts = containers.flatMap((container) =>
    (container.ports ?? []).flatMap((port) => {
      const taken = pod.hostNetwork ? port.containerPort : port.hostPort;
      return taken ? [{ container, taken }] : [];
    }),
  );
  if (hostPorts.length > 0) {
    const owners = [...new Set(hostPorts.map(({ container }) => container))];
    const ports = [...new Set(hostPorts.map(({ taken }) => taken))];
    found.push(
      `hostPort (${subject(owners)} ${owners.length > 1 ? "use" : "uses"} ${plural("hostPort", ports.length)} ${ports.join(", ")})`,
    );
  }

  const privileged = containers.filter((container) => container.securityContext?.privileged);
  if (privileged.length > 0) {
    found.push(`privileged (${subject(privileged)} must not set securityContext.privileged=true)`);
  }
  return found;
}

function restricted(pod: PodSpec): string[] {
  const found: string[] = [];
  const containers = allContainers(pod);
  const must = (bad: Container[], title: string, text: string) => {
    if (bad.length > 0) found.push(`${title} (${subject(bad)} must ${text})`);
  };

  must(
    containers.filter((c) => c.securityContext?.allowPrivilegeEscalation !== false),
    "allowPrivilegeEscalation != false",
    "set securityContext.allowPrivilegeEscalation=false",
  );
  must(
    containers.filter((c) => !c.securityContext?.capabilities?.drop?.includes("ALL")),
    "unrestricted capabilities",
    'set securityContext.capabilities.drop=["ALL"]',
  );
  must(
    containers.filter((c) =>
      c.securityContext?.capabilities?.add?.some((name) => name !== "NET_BIND_SERVICE"),
    ),
    "unrestricted capabilities",
    "not add capabilities other than NET_BIND_SERVICE",
  );
  must(
    containers.filter((c) => (c.securityContext?.runAsNonRoot ?? pod.securityContext?.runAsNonRoot) !== true),
    "runAsNonRoot != true",
    "set securityContext.runAsNonRoot=true",
  );
  if (pod.securityContext?.runAsUser === 0) found.push("runAsUser=0 (pod must not set runAsUser=0)");
  must(
    containers.filter((c) => c.securityContext?.runAsUser === 0),
    "runAsUser=0",
    "not set runAsUser=0",
  );
  must(
    containers.filter((c) => {
      const type = c.securityContext?.seccompProfile?.type ?? pod.securityContext?.seccompProfile?.type;
      return type !== "RuntimeDefault" && type !== "Localhost";
    }),
    "seccompProfile",
    'set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"',
  );
  return found;
}

function subject(containers: Container[]): string {
  return `${plural("container", containers.length)} ${quoted(containers.map((container) => container.name))}`;
}

function quoted(names: string[]): string {
  return names.map((name) => JSON.stringify(name)).join(", ");
}

function plural(word: string, count: number): string {
  return count === 1 ? word : `${word}s`;
}
