/**
 * What the API server refuses in a pod before anybody tries to run it, in its words (kubernetes pkg/apis/core/validation/validation.go:
 * ValidatePodSpec and what it calls; label and port rules: apimachinery pkg/util/validation/validation.go).
 */
import { isQuantity, parseQuantity } from "./quantity.ts";
import type { Container, PodSpec, SecurityContext } from "../pods/spec.ts";

const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const NAME_MOST = 63;
const MOST_ID = 2 ** 31 - 1;
const PORT_NAME_MOST = 15;

function invalid(path: string, value: unknown, why: string): string {
  return `${path}: Invalid value: ${JSON.stringify(value)}: ${why}`;
}

function duplicate(path: string, value: unknown): string {
  return `${path}: Duplicate value: ${JSON.stringify(value)}`;
}

/** Second and later ones among equals. */
function repeated<T>(items: T[]): [T, number][] {
  return [...items.entries()]
    .filter(([index, item]) => items.indexOf(item) < index)
    .map(([index, item]) => [item, index]);
}

/** Values of labels, and of what selects by them. */
export function labelProblems(labels: Record<string, unknown> = {}, path: string): string[] {
  return Object.values(labels).flatMap((value) => {
    const text = String(value);
    if (text.length > NAME_MOST) return [invalid(path, text, `must be no more than ${NAME_MOST} bytes`)];
    if (LABEL_VALUE.test(text)) return [];
    const rule =
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    return [invalid(path, text, rule)];
  });
}

/** @param path Of the pod's spec in the object: `spec` of a pod, `spec.template.spec` of what makes pods. */
export function podProblems(pod: PodSpec, path: string): string[] {
  const names = (pod.volumes ?? []).map(({ name }) => name);
  const containers = [...(pod.initContainers ?? []), ...pod.containers];
  const at = (container: Container) => {
    const init = pod.initContainers?.indexOf(container) ?? -1;
    return init >= 0
      ? `${path}.initContainers[${init}]`
      : `${path}.containers[${pod.containers.indexOf(container)}]`;
  };
  return [
    ...repeated(names).map(([name, index]) => duplicate(`${path}.volumes[${index}].name`, name)),
    ...names.flatMap((name, index) => nameProblems(`${path}.volumes[${index}].name`, name)),
    ...repeated(containers.map(({ name }) => name)).map(([name, index]) =>
      duplicate(`${at(containers[index]!)}.name`, name),
    ),
    ...containers.flatMap((container) => containerProblems(container, new Set(names), at(container))),
    ...hostPortProblems(pod.containers, `${path}.containers`),
    ...identityProblems(pod.securityContext ?? {}, `${path}.securityContext`),
    ...labelProblems(pod.nodeSelector, `${path}.nodeSelector`),
    ...(pod.tolerations ?? []).flatMap(({ key, operator, value }, index) => {
      const own = `${path}.tolerations[${index}]`;
      if (!key && operator !== "Exists")
        return [invalid(`${own}.operator`, operator ?? "", "operator must be Exists when `key` is empty")];
      return operator === "Exists" && value
        ? [invalid(`${own}.operator`, value, "value must be empty when `operator` is 'Exists'")]
        : [];
    }),
  ];
}

function nameProblems(path: string, name: string): string[] {
  if (!name) return [`${path}: Required value`];
  if (name.length > NAME_MOST) return [invalid(path, name, `must be no more than ${NAME_MOST} bytes`)];
  return DNS_LABEL.test(name)
    ? []
    : [
        invalid(
          path,
          name,
          "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-'",
        ),
      ];
}

function containerProblems(container: Container, volumes: Set<string>, path: string): string[] {
  const { volumeMounts = [], env = [], ports = [], resources, securityContext } = container;
  const privileged = securityContext?.privileged === true;
  return [
    ...nameProblems(`${path}.name`, container.name),
    ...volumeMounts.flatMap(({ name, mountPath, subPath, mountPropagation }, index) => {
      const own = `${path}.volumeMounts[${index}]`;
      const found: string[] = [];
      if (!volumes.has(name)) found.push(`${own}.name: Not found: ${JSON.stringify(name)}`);
      if (!mountPath) found.push(`${own}.mountPath: Required value`);
      if (subPath?.startsWith("/")) found.push(invalid(`${own}.subPath`, subPath, "must be a relative path"));
      if (subPath?.split("/").includes(".."))
        found.push(invalid(`${own}.subPath`, subPath, "must not contain '..'"));
      if (mountPropagation === "Bidirectional" && !privileged)
        found.push(
          `${own}.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers`,
        );
      return found;
    }),
    ...repeated(volumeMounts.map(({ mountPath }) => mountPath)).map(([mountPath, index]) =>
      invalid(`${path}.volumeMounts[${index}].mountPath`, mountPath, "must be unique"),
    ),
    ...env.flatMap(({ name }, index) => (name ? [] : [`${path}.env[${index}].name: Required value`])),
    ...ports.flatMap(({ name, containerPort, hostPort }, index) => {
      const own = `${path}.ports[${index}]`;
      const range = "must be between 1 and 65535, inclusive";
      return [
        ...(name && name.length > PORT_NAME_MOST
          ? [invalid(`${own}.name`, name, `must be no more than ${PORT_NAME_MOST} characters`)]
          : []),
        ...(isPort(containerPort) ? [] : [invalid(`${own}.containerPort`, containerPort, range)]),
        ...(hostPort === undefined || isPort(hostPort) ? [] : [invalid(`${own}.hostPort`, hostPort, range)]),
      ];
    }),
    ...repeated(ports.flatMap(({ name }) => name ?? [])).map(([name, index]) =>
      duplicate(`${path}.ports[${index}].name`, name),
    ),
    ...resourceProblems(resources ?? {}, `${path}.resources`),
    ...identityProblems(securityContext ?? {}, `${path}.securityContext`),
    ...escalationProblems(securityContext ?? {}, `${path}.securityContext`),
  ];
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}

function hostPortProblems(containers: Container[], path: string): string[] {
  const taken = new Set<string>();
  return containers.flatMap(({ ports = [] }, container) =>
    ports.flatMap(({ hostPort, hostIP = "", protocol = "TCP" }, index) => {
      if (!hostPort) return [];
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(key)) return [duplicate(`${path}[${container}].ports[${index}].hostPort`, key)];
      taken.add(key);
      return [];
    }),
  );
}

function resourceProblems({ limits = {}, requests = {} }: NonNullable<Container["resources"]>, path: string) {
  return Object.entries(requests).flatMap(([name, request]) => {
    const [asked, most] = [request, limits[name]].map((text) => parseQuantity(String(text)));
    if (asked !== undefined && asked < 0)
      return [invalid(`${path}.requests[${name}]`, String(request), "must be greater than or equal to 0")];
    if (asked === undefined || most === undefined || asked <= most) return [];
    const why = `must be less than or equal to ${name} limit of ${String(limits[name])}`;
    return [invalid(`${path}.requests`, String(request), why)];
  });
}

function identityProblems(context: SecurityContext, path: string): string[] {
  return (["runAsUser", "runAsGroup", "fsGroup"] as const).flatMap((key) => {
    const id = context[key];
    return id === undefined || id === null || (id >= 0 && id <= MOST_ID)
      ? []
      : [invalid(`${path}.${key}`, id, `must be between 0 and ${MOST_ID}, inclusive`)];
  });
}

function escalationProblems(context: SecurityContext, path: string): string[] {
  if (context.allowPrivilegeEscalation !== false) return [];
  const cannot = (what: string) =>
    invalid(path, context, `cannot set \`allowPrivilegeEscalation\` to false and ${what}`);
  return [
    ...(context.privileged ? [cannot("`privileged` to true")] : []),
    ...(context.capabilities?.add?.includes("CAP_SYS_ADMIN")
      ? [cannot("`capabilities.Add` CAP_SYS_ADMIN")]
      : []),
  ];
}

/**
 * Quantities are read before anything is judged (apimachinery pkg/api/resource/quantity.go), so one that is none spoils the whole
 * object.
 */
export function unreadable(pod: PodSpec, kind: string): string | undefined {
  const quantities = [...(pod.initContainers ?? []), ...pod.containers].flatMap(({ resources }) => [
    ...Object.values(resources?.limits ?? {}),
    ...Object.values(resources?.requests ?? {}),
  ]);
  return quantities.every((quantity) => isQuantity(String(quantity)))
    ? undefined
    : `${kind} in version "v1" cannot be handled as a ${kind}: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`;
}

/** Undefined when an object with a pod template is taken; else the API server's answer. */
export function refusedTemplate(
  { kind, group, name }: { kind: string; group: string; name: string },
  pod: PodSpec,
  labels: Record<string, unknown> = {},
): string | undefined {
  const garbled = unreadable(pod, kind);
  if (garbled) return garbled;
  return refusal(`${kind}.${group}`, name, [
    ...labelProblems(labels, "spec.template.labels"),
    ...podProblems(pod, "spec.template.spec"),
  ]);
}

/**
 * The same of a pod that is made from it: on the host's network every `hostPort` is set to its `containerPort` first (pkg/apis/core/v1/
 * defaults.go; in templates no more: feature DefaultHostNetworkHostPortsInPodTemplates).
 */
export function refusedPod(name: string, pod: PodSpec): string | undefined {
  const containers = pod.hostNetwork
    ? pod.containers.map((container) => ({
        ...container,
        ports: (container.ports ?? []).map((port) => ({
          ...port,
          hostPort: port.hostPort ?? port.containerPort,
        })),
      }))
    : pod.containers;
  return refusal("Pod", name, podProblems({ ...pod, containers }, "spec"));
}

function refusal(kind: string, name: string, problems: string[]): string | undefined {
  const [first] = problems;
  if (first === undefined) return undefined;
  return `${kind} "${name}" is invalid: ${problems.length === 1 ? first : `[${problems.join(", ")}]`}`;
}
