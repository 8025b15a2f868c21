/** What the chart's values.schema.json (41.3.0) refuses, as far as a program is likely to meet it. */
import { ChartError } from "../kubernetes/helm/charts.ts";
import { at } from "../kubernetes/pods/spec.ts";

/** Root keys of the chart's schema, which knows no others (`additionalProperties: false`). */
const ROOT_KEYS = new Set(
  (
    "image commonLabels deployment podDisruptionBudget ingressClass core experimental gateway gatewayClass api ingressRoute updateStrategy " +
    "readinessProbe livenessProbe startupProbe providers volumes additionalVolumeMounts log accessLog metrics ocsp tracing global " +
    "additionalArguments env envFrom ports tlsOptions tlsStore service autoscaling persistence certificatesResolvers hostNetwork rbac " +
    "serviceAccount serviceAccountAnnotations resources affinity nodeSelector tolerations topologySpreadConstraints priorityClassName " +
    "securityContext podSecurityContext extraObjects namespaceOverride instanceLabelOverride versionOverride nameOverride fullnameOverride " +
    "hub oci_meta offering_version enabled"
  ).split(" "),
);

export function rootKeys(values: Record<string, unknown>): void {
  const unknown = Object.keys(values).filter((name) => !ROOT_KEYS.has(name));
  if (unknown.length > 0) {
    throw new ChartError(
      `values don't meet the specifications of the schema(s) in the following chart(s):\ntraefik:\n- at '': additional properties ${unknown.map((name) => `'${name}'`).join(", ")} not allowed`,
    );
  }
}

/** The types that a slip of the pen gets wrong most; the chart's schema refuses them. */
export function schema(values: Record<string, unknown>): void {
  const wrong: string[] = [];
  const check = (path: string, ok: (value: unknown) => boolean, wanted: string) => {
    const value = at(values, path);
    if (value !== undefined && !ok(value))
      wrong.push(`- at '/${path.replaceAll(".", "/")}': got ${typeof value}, want ${wanted}`);
  };
  check("deployment.replicas", (value) => Number.isInteger(value), "integer");
  check("hostNetwork", (value) => typeof value === "boolean", "boolean");
  check("persistence.enabled", (value) => typeof value === "boolean", "boolean");
  check("service.enabled", (value) => typeof value === "boolean", "boolean");
  for (const name of Object.keys((at(values, "ports") as object | undefined) ?? {})) {
    check(`ports.${name}.port`, (value) => Number.isInteger(value), "integer");
    check(`ports.${name}.hostPort`, (value) => value === null || Number.isInteger(value), "null or integer");
  }
  if (wrong.length > 0) {
    throw new ChartError(
      `values don't meet the specifications of the schema(s) in the following chart(s):\ntraefik:\n${wrong.join("\n")}`,
    );
  }
}
