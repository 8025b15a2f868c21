/**
 * Where an API server of a cluster answers: at a control plane's own addresses and at the shared one. The one place that knows
 * whether Kubernetes answers.
 */
import type { World } from "../../kernel/world.ts";
import { TalosError } from "../errors.ts";
import { etcdOf, quorum } from "../etcd/members.ts";
import type { ClusterState } from "../etcd/state.ts";
import { isConfigured, machineAt, sameSubnet } from "../network/addresses.ts";
import type { MachineState } from "../state.ts";

/** Where an API server listens (talos: constants.DefaultControlPlanePort). */
const API_PORT = "6443";

/** What a client finds that dials an address: an API server on that machine, or why there is none. */
export type Dialled =
  /** Without a quorum behind it, it answers nothing that etcd has to be asked for. */
  | { answers: "open" | "no-quorum"; cluster: ClusterState; machine: MachineState }
  /** @property why As Go's net says it. */
  | { answers: "closed"; why: string };

/** @param url `https://192.168.1.126:6443`, its host an address or a VIP; a port left out is https's. */
export function dialApiServer(world: World, url: string): Dialled {
  const { host, port } = addressOfUrl(url);
  const found = port === API_PORT ? apiServerAt(world, host) : undefined;
  if (found) return { answers: quorum(world, found.cluster) ? "open" : "no-quorum", ...found };
  const why = /^\d+(\.\d+){3}$/.test(host)
    ? `dial tcp ${host}:${port}: ${whyNoApi(world, host)}`
    : `dial tcp: lookup ${host}: no such host`;
  return { answers: "closed", why };
}

/** The cluster whose API server answers there. Throws as a client would fail. */
export function kubernetesApiAt(world: World, endpoint: string): ClusterState {
  const dialled = dialApiServer(world, endpoint);
  if (dialled.answers === "closed") throw new Error(dialled.why);
  if (dialled.answers === "no-quorum") throw new Error("etcdserver: request timed out (etcd has no quorum)");
  return dialled.cluster;
}

/** The cluster that this machine's own Kubernetes endpoint leads to, if its API server answers. */
export function apiServerFor(world: World, machine: MachineState): ClusterState | undefined {
  const dialled = dialApiServer(world, machine.facts!.clusterEndpoint);
  return dialled.answers === "open" ? dialled.cluster : undefined;
}

/** Whether the static pods of a cluster's API servers have started. */
export function isServing(world: World, { apiUpAt = Infinity }: ClusterState): boolean {
  return apiUpAt <= world.clock.now();
}

function addressOfUrl(url: string): { host: string; port: string } {
  if (!URL.canParse(url)) return { host: url, port: API_PORT };
  const { hostname, port } = new URL(url);
  return { host: hostname, port: port || "443" };
}

/** A control plane serves the API at its own addresses, and at the VIP if it holds it. */
function apiServerAt(
  world: World,
  host: string,
): { cluster: ClusterState; machine: MachineState } | undefined {
  for (const machine of Object.values(world.state.machines)) {
    const member = etcdOf(world, machine.vmId);
    const cluster = member && world.state.clusters[member.clusterId];
    if (!cluster || !isServing(world, cluster) || !isConfigured(world, machine.vmId)) continue;
    // Without a kubelet nobody starts its static pods.
    if (machine.stall) continue;
    const { facts } = machine;
    // A VIP is an address of the link: who is on another subnet never finds it (ARP). It is an etcd election, so it takes a quorum
    // (talos internal/.../network/operator/vip.go).
    const cidr = facts?.addresses[0] ?? `${machine.address}/24`;
    const holdsVip = facts?.vip === host && sameSubnet(host, cidr) && quorum(world, cluster);
    if (!holdsVip && !machine.addresses.includes(host)) continue;
    return ownedByOne(world, host, holdsVip) ? { cluster, machine } : undefined;
  }
  return undefined;
}

/** False when two machines answer at that address, or a machine has the VIP as its own address. */
function ownedByOne(world: World, host: string, vip: boolean): boolean {
  try {
    machineAt(world, host);
    return !vip;
  } catch (error) {
    return vip && error instanceof TalosError && error.desc.includes("no route to host");
  }
}

function whyNoApi(world: World, host: string): string {
  try {
    machineAt(world, host);
    return "connect: connection refused";
  } catch (error) {
    if (!(error instanceof TalosError)) throw error;
    return error.desc.includes("answered by") || error.desc.includes("MAC address")
      ? error.desc
      : "connect: no route to host";
  }
}
