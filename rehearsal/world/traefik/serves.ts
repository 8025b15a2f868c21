/** What the checks ask of Traefik: what answers where, and in what state acme.json is. Judged by what runs, not by the values. */
import type { Cluster } from "../kubernetes/cluster.ts";
import { podsOf } from "../kubernetes/workloads/rollout.ts";
import type { ReleaseState } from "../kubernetes/state.ts";
import { volumeOfClaim } from "../longhorn/volumes/volumes.ts";
import { keyOf, placeOf } from "./chart.ts";
import { plan } from "./values.ts";

export interface TraefikService {
  release: string;
  version: string;
  /** `host`: on its node's own address; `service`: behind a service. */
  exposure: "host" | "service" | "none";
  /** Addresses on which it answers now. */
  addresses: string[];
  ports: { name: string; port: number; redirectsTo?: string; tls: boolean; certResolver?: string }[];
  /** True when plain HTTP is sent on to HTTPS. */
  redirectsToHttps: boolean;
  replicas: number;
  nodes: string[];
  runAsUser: number | null;
  fsGroup: number | null;
  resolvers: { name: string; working: boolean; reason?: string; issuers?: string[] }[];
  acme?: {
    storage: string;
    /** True when it outlives the pod. */
    persistent: boolean;
    volume?: string;
    exists: boolean;
    mode?: string;
    uid?: number;
    gid?: number;
    /** Whether it is the JSON that Traefik can read. */
    readable: boolean;
  };
  problems: string[];
}

export function serves(cluster: Cluster): TraefikService[] {
  return Object.values(cluster.state.releases)
    .filter((release) => release.chart === "traefik")
    .map((release) => describe(cluster, release));
}

function describe(cluster: Cluster, release: ReleaseState): TraefikService {
  const planned = plan(release);
  const pods = podsOf(cluster, keyOf(release)).filter(
    (pod) => pod.phase === "running" && isUp(cluster, pod.node),
  );
  const waiting = podsOf(cluster, keyOf(release)).filter((pod) => pod.phase !== "running");
  const nodes = [...new Set(pods.map((pod) => pod.node))];
  const onHost = planned.pod.hostNetwork === true || planned.entryPoints.some((entry) => entry.hostPort);
  const problems = waiting.map((pod) => `${pod.name}: ${pod.reason ?? pod.phase}`);
  if (release.status === "failed")
    problems.push(`release ${keyOf(release)} failed: ${release.reason ?? "unknown reason"}`);
  if (pods.length === 0) problems.push("no Traefik pod runs");

  const resolvers = planned.resolvers
    .filter((resolver) => resolver.storage !== undefined)
    .map(({ name }) => {
      const results = pods.map((pod) => pod.resolvers?.[name]);
      const bad = results.find((result) => result && !result.working);
      const working = pods.length > 0 && results.every((result) => result?.working === true);
      const issuers = [...new Set(results.flatMap((result) => result?.issuers ?? []))];
      return {
        name,
        working,
        ...(bad?.reason ? { reason: bad.reason } : {}),
        ...(issuers.length > 0 ? { issuers } : {}),
      };
    });
  for (const resolver of resolvers) if (resolver.reason) problems.push(resolver.reason);
  for (const { name, unproven } of planned.resolvers)
    if (unproven) problems.push(`the resolver ${name} gets no certificate: ${unproven}`);
  for (const entry of planned.entryPoints) {
    if (entry.certResolver && !planned.resolvers.some(({ name }) => name === entry.certResolver)) {
      problems.push(
        `entry point ${entry.name}: Router uses a nonexistent certificate resolver: ${entry.certResolver}`,
      );
    }
  }
  const acme = acmeOf(cluster, release, pods.length);
  if (pods.length > 1 && acme) {
    problems.push(
      `${pods.length} Traefik pods share ${acme.storage}: each overwrites the other's certificates`,
    );
  }
  if (acme && !acme.persistent)
    problems.push(`${acme.storage} is not on a persistent volume: it is lost with the pod`);

  const fsGroup = planned.pod.securityContext?.fsGroup;
  if (fsGroup !== undefined && acme?.persistent) {
    problems.push(
      `fsGroup ${fsGroup}: the kubelet widens ${acme.storage} to 0660 at every mount, which Traefik refuses unless something undoes it before each start`,
    );
  }

  const ports = planned.entryPoints.flatMap((entry) => {
    const port = onHost ? (planned.pod.hostNetwork ? entry.port : entry.hostPort) : entry.exposedPort;
    if (port === undefined) return [];
    return [
      {
        name: entry.name,
        port,
        tls: entry.tls,
        ...(entry.redirectTo ? { redirectsTo: entry.redirectTo.entryPoint } : {}),
        ...(entry.certResolver ? { certResolver: entry.certResolver } : {}),
      },
    ];
  });
  const web = planned.entryPoints.find((entry) => entry.name === "web");
  const secure = planned.entryPoints.find((entry) => entry.name === web?.redirectTo?.entryPoint);
  return {
    release: keyOf(release),
    version: release.version,
    exposure: onHost ? "host" : planned.service ? "service" : "none",
    addresses: onHost ? nodes.flatMap((name) => cluster.state.nodes[name]?.address ?? []) : [],
    ports,
    redirectsToHttps: web?.redirectTo?.scheme === "https" && secure?.tls === true,
    replicas: pods.length,
    nodes,
    runAsUser:
      planned.pod.containers[0]?.securityContext?.runAsUser ?? planned.pod.securityContext?.runAsUser ?? null,
    fsGroup: fsGroup ?? null,
    resolvers,
    ...(acme ? { acme } : {}),
    problems: [...new Set(problems)],
  };
}

function acmeOf(cluster: Cluster, release: ReleaseState, running: number): TraefikService["acme"] {
  const planned = plan(release);
  const resolver = planned.resolvers.find((each) => each.storage !== undefined);
  if (!resolver) return undefined;
  const place = placeOf(planned, resolver);
  const declared = planned.pod.volumes?.find(({ name }) => name === place?.volume);
  const claim = declared?.persistentVolumeClaim?.claimName;
  const volume = claim === undefined ? undefined : volumeOfClaim(cluster, `${release.namespace}/${claim}`);
  const file = place && volume?.files[place.path];
  return {
    storage: resolver.storage ?? "",
    persistent: volume !== undefined,
    ...(volume ? { volume: volume.name } : {}),
    exists: file !== undefined || (volume === undefined && running > 0),
    ...(file ? { mode: file.mode, uid: file.uid, gid: file.gid } : {}),
    readable: file !== undefined && isObject(file.content),
  };
}

function isObject(text: string): boolean {
  if (text === "") return true;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && !Array.isArray(value);
  } catch {
    return false;
  }
}

function isUp(cluster: Cluster, name: string): boolean {
  const node = cluster.state.nodes[name];
  return node !== undefined && cluster.hosts(node.vmId).isUp();
}
