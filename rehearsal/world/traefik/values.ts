/**
 * Traefik's chart values -> what it would render. Defaults are those of the chart's values.yaml 41.3.0 that bear on this world; hard
 * failures are those of its schema and templates.
 */
import { rootKeys, schema } from "./schema.ts";
import { ChartError, coalesce } from "../kubernetes/helm/charts.ts";
import { provable } from "./challenges.ts";
import {
  argumentResolvers,
  entryPoints,
  portMaps,
  resolvers,
  type EntryPoint,
  type Resolver,
} from "./entrypoints.ts";
import {
  at,
  isRecord,
  textOf,
  type Container,
  type PodSecurityContext,
  type PodSpec,
  type SecurityContext,
} from "../kubernetes/pods/spec.ts";

const DEFAULTS = {
  image: {},
  deployment: {
    enabled: true,
    kind: "Deployment",
    replicas: 1,
    dnsPolicy: "",
    initContainers: [],
    additionalVolumes: [],
    podLabels: {},
  },
  updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
  ports: {
    traefik: { port: 8080, expose: { default: false }, exposedPort: 8080, protocol: "TCP" },
    web: {
      port: 8000,
      expose: { default: true },
      exposedPort: 80,
      protocol: "TCP",
      http: { redirections: { entryPoint: {} } },
    },
    websecure: {
      port: 8443,
      expose: { default: true },
      exposedPort: 443,
      protocol: "TCP",
      http: { tls: { enabled: true, options: "", certResolver: "", domains: [] } },
    },
    metrics: { port: 9100, expose: { default: false }, exposedPort: 9100, protocol: "TCP" },
  },
  service: { enabled: true, spec: { type: "LoadBalancer" } },
  persistence: {
    enabled: false,
    name: "data",
    existingClaim: "",
    accessMode: "ReadWriteOnce",
    size: "128Mi",
    path: "/data",
    subPath: "",
  },
  certificatesResolvers: {},
  additionalArguments: [],
  additionalVolumeMounts: [],
  env: [],
  resources: {},
  hostNetwork: false,
  affinity: {},
  nodeSelector: {},
  tolerations: [],
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    readOnlyRootFilesystem: true,
  },
  podSecurityContext: {
    runAsGroup: 65532,
    runAsNonRoot: true,
    runAsUser: 65532,
    seccompProfile: { type: "RuntimeDefault" },
  },
};

export type { EntryPoint, Resolver } from "./entrypoints.ts";

export interface TraefikPlan {
  fullname: string;
  kind: string;
  replicas: number;
  strategy: { type: string; maxUnavailable: number; maxSurge: number };
  pod: PodSpec;
  podLabels: Record<string, unknown>;
  entryPoints: EntryPoint[];
  resolvers: Resolver[];
  service?: { type: string };
  persistence?: {
    claim: string;
    existing: boolean;
    sizeText: string;
    storageClass?: string;
    accessMode: string;
  };
  /** Where the chart mounts its data, persistent or not. */
  dataPath: string;
}

export function plan(release: { name: string; values: Record<string, unknown> }): TraefikPlan {
  rootKeys(release.values);
  const values = coalesce(DEFAULTS, release.values) as Record<string, unknown>;
  schema(values);
  const fullname = textOf(
    at(values, "fullnameOverride"),
    release.name.includes("traefik") ? release.name : `${release.name}-traefik`,
  );
  const replicas = Number(at(values, "deployment.replicas") ?? 1);
  const args = (at(values, "additionalArguments") as string[] | undefined) ?? [];
  if (replicas > 1 && args.some((arg) => arg.includes(".acme."))) {
    throw new ChartError(
      "execution error at (traefik/templates/deployment.yaml): You can not enable acme if you set more than one traefik replica",
    );
  }
  const persistence = at(values, "persistence") as Record<string, unknown>;
  const claim = textOf(persistence["existingClaim"], fullname);
  const storageClass = persistence["storageClass"];
  const points = entryPoints(values);
  const hostNetwork = at(values, "hostNetwork") === true;
  const found = [...resolvers(at(values, "certificatesResolvers")), ...argumentResolvers(args)];
  const serviceType = at(values, "service.spec.type");
  return {
    fullname,
    kind: String(at(values, "deployment.kind")),
    replicas,
    strategy: strategy(values, replicas),
    pod: podSpec(values, fullname, persistence, claim),
    podLabels: at(values, "deployment.podLabels") as Record<string, unknown>,
    entryPoints: points,
    resolvers: found.map((resolver) => provable(resolver, points, hostNetwork)),
    ...(at(values, "service.enabled") === true
      ? { service: { type: textOf(serviceType, "ClusterIP") } }
      : {}),
    ...(persistence["enabled"] === true
      ? {
          persistence: {
            claim,
            existing: Boolean(persistence["existingClaim"]),
            sizeText: String(persistence["size"]),
            accessMode: String(persistence["accessMode"]),
            ...(typeof storageClass === "string" && storageClass !== "" ? { storageClass } : {}),
          },
        }
      : {}),
    dataPath: String(persistence["path"]),
  };
}

function strategy(values: Record<string, unknown>, replicas: number): TraefikPlan["strategy"] {
  const type = String(at(values, "updateStrategy.type"));
  const rolling = at(values, "updateStrategy.rollingUpdate");
  if (type === "Recreate" && isRecord(rolling) && Object.keys(rolling).length > 0) {
    // The chart hands the map on as it is (traefik-helm-chart#1193); the API server does not take it.
    throw new ChartError(
      "Deployment.apps is invalid: spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    );
  }
  if (at(values, "deployment.kind") === "Deployment" && type !== "Recreate" && type !== "RollingUpdate") {
    throw new ChartError(
      `Deployment.apps is invalid: spec.strategy: Unsupported value: "${type}": supported values: "Recreate", "RollingUpdate"`,
    );
  }
  const count = (value: unknown, up: boolean): number => {
    if (typeof value !== "string") return Number(value ?? 0);
    const share = (parseFloat(value) / 100) * replicas;
    return up ? Math.ceil(share) : Math.floor(share);
  };
  const [maxUnavailable, maxSurge] = [
    at(rolling, "maxUnavailable") ?? "25%",
    at(rolling, "maxSurge") ?? "25%",
  ];
  return { type, maxUnavailable: count(maxUnavailable, false), maxSurge: count(maxSurge, true) };
}

function podSpec(
  values: Record<string, unknown>,
  fullname: string,
  persistence: Record<string, unknown>,
  claim: string,
): PodSpec {
  const hostNetwork = at(values, "hostNetwork") === true;
  const ports = portMaps(values).map(([name, port]) => {
    const { port: own, hostPort, hostIP } = port as { port: number; hostPort?: number; hostIP?: string };
    if (hostNetwork && hostPort && hostPort !== own) {
      throw new ChartError(
        "execution error at (traefik/templates/deployment.yaml): ERROR: All hostPort must match their respective containerPort when `hostNetwork` is enabled",
      );
    }
    if ("redirectTo" in port) {
      throw new ChartError(
        `execution error at (traefik/templates/deployment.yaml): ERROR: redirectTo syntax has been removed in v34 of this Chart (ports.${name}). Use http.redirections instead`,
      );
    }
    return {
      name,
      containerPort: Number(port["containerPort"] ?? own),
      ...(hostPort ? { hostPort } : {}),
      ...(hostIP ? { hostIP } : {}),
      protocol: textOf(port["protocol"], "TCP"),
    };
  });
  const data = String(persistence["name"]);
  const container: Container = {
    name: fullname,
    image: "docker.io/traefik",
    ports,
    securityContext: at(values, "securityContext") as SecurityContext,
    volumeMounts: [
      {
        name: data,
        mountPath: String(persistence["path"]),
        ...(persistence["subPath"] ? { subPath: textOf(persistence["subPath"]) } : {}),
      },
      { name: "tmp", mountPath: "/tmp" },
      ...((at(values, "additionalVolumeMounts") as Container["volumeMounts"]) ?? []),
    ],
    env: at(values, "env") as NonNullable<Container["env"]>,
    resources: at(values, "resources") as NonNullable<Container["resources"]>,
  };
  return {
    hostNetwork,
    nodeSelector: at(values, "nodeSelector") as Record<string, string>,
    affinity: at(values, "affinity") as NonNullable<PodSpec["affinity"]>,
    tolerations: at(values, "tolerations") as NonNullable<PodSpec["tolerations"]>,
    securityContext: at(values, "podSecurityContext") as PodSecurityContext,
    initContainers: at(values, "deployment.initContainers") as Container[],
    containers: [container],
    volumes: [
      persistence["enabled"] === true
        ? { name: data, persistentVolumeClaim: { claimName: claim } }
        : { name: data, emptyDir: {} },
      { name: "tmp", emptyDir: {} },
      ...((at(values, "deployment.additionalVolumes") as PodSpec["volumes"]) ?? []),
    ],
  };
}
