/**
 * What moves by itself while time passes: control planes join etcd, nodes register and become Ready, volumes that wait
 * try again, a `try` config is reverted. Nothing runs in the background: `settle` brings the state up to the present
 * whenever somebody looks, so that it stays true over a killed process.
 */
import type { ClusterState, KubernetesNode } from "../kubernetes/state.ts";
import { hasFault } from "../kernel/faults.ts";
import type { MachineState } from "../kernel/state.ts";
import type { World } from "../kernel/world.ts";
import { applyImmediately } from "./machine-config/apply.ts";
import { boot, stateOf } from "./machined/boot.ts";
import { comeUp } from "./machined/downtime.ts";
import { DURATIONS } from "./durations.ts";
import { TalosError } from "./errors.ts";
import { GONE, clusterOfMachine, etcdOf, joinEtcd, quorum } from "./etcd/cluster.ts";
import { bootDisk } from "./network/hardware.ts";
import { exclusive } from "../kernel/lock.ts";
import { isConfigured, machineAt, sameSubnet } from "./network/addresses.ts";
import { provisionVolumes } from "./disks/volumes.ts";

export async function settle(world: World): Promise<void> {
  await exclusive(world, () => settleLocked(world));
  await world.workloads?.settle?.(world);
}

/** The same, for who already holds the lock. */
export async function settleLocked(world: World): Promise<void> {
  const now = world.clock.now();
  for (const machine of Object.values(world.state.machines)) {
    if (machine.hung === "reboot" && !hasFault(world, "reboot-hangs", machine.vmId)) {
      await boot(world, machine.vmId, now);
    }
  }
  for (const machine of Object.values(world.state.machines)) {
    if (!isConfigured(world, machine.vmId)) continue;
    if (machine.revertsAt !== undefined && now >= machine.revertsAt) await revert(world, machine);
    // Talos tries failed volumes again every 30 s and whenever a disk appears (volume_manager.go).
    await provisionVolumes(world, machine.vmId, { at: now });
  }
  for (const cluster of Object.values(world.state.clusters)) noteUp(world, cluster, now);
  for (const machine of Object.values(world.state.machines)) {
    if (!isConfigured(world, machine.vmId) || machine.stall?.what === "offline") continue;
    const cluster = clusterOfMachine(world, machine);
    if (!cluster || apiServerFor(world, machine)?.id !== cluster.id) continue;
    joinEtcd(world, machine, cluster);
    if (!machine.stall) await joinKubernetes(world, machine, cluster);
  }
}

/** The nodes of a cluster by name, as Kubernetes knows them. */
export function clusterNodes(world: World, clusterId: string): KubernetesNode[] {
  const nodes = Object.values(world.state.clusters[clusterId]?.nodes ?? {});
  return nodes.sort((a, b) => a.name.localeCompare(b.name));
}

/** Reports Ready: registered, past its time, and running. */
export function isReady(world: World, node: KubernetesNode): boolean {
  const stalled = world.state.machines[node.vmId]?.stall !== undefined;
  return node.readyAt <= world.clock.now() && isConfigured(world, node.vmId) && !stalled;
}

/** Where an API server listens (talos: constants.DefaultControlPlanePort). */
const API_PORT = "6443";

/**
 * The cluster whose API server answers at a URL, its host an address or a VIP. Throws as a client would fail.
 *
 * @param endpoint `https://192.168.1.126:6443`; a port left out is https's.
 */
export function kubernetesApiAt(world: World, endpoint: string): ClusterState {
  const { host, port } = addressOfUrl(endpoint);
  const found = port === API_PORT ? apiServerAt(world, host) : undefined;
  if (!found) {
    if (!/^\d+(\.\d+){3}$/.test(host)) throw new Error(`dial tcp: lookup ${host}: no such host`);
    throw new Error(`dial tcp ${host}:${port}: ${whyNoApi(world, host)}`);
  }
  if (!quorum(world, found)) throw new Error("etcdserver: request timed out (etcd has no quorum)");
  return found;
}

/** The cluster that this machine's own Kubernetes endpoint leads to, if its API server answers. */
export function apiServerFor(world: World, machine: MachineState): ClusterState | undefined {
  const { host, port } = addressOfUrl(machine.facts!.clusterEndpoint);
  const found = port === API_PORT ? apiServerAt(world, host) : undefined;
  return found && quorum(world, found) ? found : undefined;
}

function addressOfUrl(url: string): { host: string; port: string } {
  if (!URL.canParse(url)) return { host: url, port: API_PORT };
  const { hostname, port } = new URL(url);
  return { host: hostname, port: port || "443" };
}

/** A control plane serves the API at its own addresses, and at the VIP if it holds it, from `apiUpAt` on. */
function apiServerAt(world: World, host: string): ClusterState | undefined {
  const now = world.clock.now();
  for (const machine of Object.values(world.state.machines)) {
    const member = etcdOf(world, machine.vmId);
    const cluster = member && world.state.clusters[member.clusterId];
    if (!cluster || (cluster.apiUpAt ?? Infinity) > now || !isConfigured(world, machine.vmId)) continue;
    // Without a kubelet nobody starts its static pods.
    if (machine.stall) continue;
    const { facts } = machine;
    // A VIP is an address of the link: who is on another subnet never finds it (ARP). It takes an etcd that works.
    const cidr = facts?.addresses[0] ?? `${machine.address}/24`;
    const holdsVip = facts?.vip === host && sameSubnet(host, cidr) && quorum(world, cluster);
    if (!holdsVip && !machine.addresses.includes(host)) continue;
    if (!ownedByOne(world, host, holdsVip)) return undefined;
    return cluster;
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

async function joinKubernetes(world: World, machine: MachineState, cluster: ClusterState): Promise<void> {
  const facts = machine.facts!;
  const now = world.clock.now();
  const joinsAt = Math.max(machine.configuredAt!, cluster.apiUpAt!) + DURATIONS.nodeRegistration;
  if (now < joinsAt) return;
  // A kubelet registers when it starts, not again when its node object is deleted (kubelet_node_status.go, registerWithAPIServer).
  if (machine.registered === cluster.id && !cluster.nodes[facts.hostname]) return;
  machine.registered = cluster.id;
  const known = cluster.nodes[facts.hostname];
  for (const other of Object.values(cluster.nodes)) {
    if (other.vmId === machine.vmId && other.name !== facts.hostname) other.vmId = GONE; // it was renamed
  }
  if (known && known.vmId !== machine.vmId && isConfigured(world, known.vmId)) {
    return; // two machines of one name: the first keeps the node object
  }
  const node: KubernetesNode = {
    unschedulable: false,
    readyAt: joinsAt + DURATIONS.nodeReady,
    ...(known?.vmId === machine.vmId ? known : {}),
    name: facts.hostname,
    vmId: machine.vmId,
    address: machine.address,
    controlPlane: facts.machineType === "controlplane",
    labels: labelsOf(machine),
    taints: facts.taints,
  };
  cluster.nodes[facts.hostname] = node;
  const detail = { vmId: machine.vmId, clusterId: cluster.id, address: node.address, readyAt: node.readyAt };
  if (known?.vmId !== machine.vmId) {
    const text = `${node.name} joined cluster ${cluster.name}`;
    world.note({ kind: "node-joined", subject: node.name, text, detail: { ...detail, at: joinsAt } });
  }
  if (node.readyAt <= now && node.reportedReadyAt !== node.readyAt) {
    node.reportedReadyAt = node.readyAt;
    world.note({ kind: "node-ready", subject: node.name, text: `${node.name} is Ready`, detail });
  }
  if (isReady(world, node)) await comeUp(world, node);
}

function labelsOf(machine: MachineState): Record<string, string> {
  const { hostname, labels, machineType } = machine.facts!;
  return {
    "kubernetes.io/hostname": hostname,
    "kubernetes.io/os": "linux",
    "kubernetes.io/arch": machine.image.arch ?? "amd64",
    ...(machineType === "controlplane" ? { "node-role.kubernetes.io/control-plane": "" } : {}),
    ...labels,
  };
}

function noteUp(world: World, cluster: ClusterState, now: number): void {
  if (cluster.apiUpAt === undefined || cluster.apiUpAt > now || cluster.reportedUpAt === cluster.apiUpAt)
    return;
  cluster.reportedUpAt = cluster.apiUpAt;
  world.note({
    kind: "kubernetes-up",
    subject: cluster.name,
    text: `the API server of cluster ${cluster.name} answers`,
    detail: { clusterId: cluster.id, at: cluster.apiUpAt },
  });
}

async function revert(world: World, machine: MachineState): Promise<void> {
  const state = stateOf(bootDisk(world.state.proxmox.vms[machine.vmId]!));
  delete machine.revertsAt;
  if (state) await applyImmediately(world, machine, state.machineConfig);
}
