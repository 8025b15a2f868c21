/** Nodes register, become Ready, and are up again: what a kubelet does by itself once it reaches its API server. */
import type { Held, World } from "../../kernel/world.ts";
import { apiServerFor } from "../../talos/control-plane/api-server.ts";
import { DURATIONS } from "../../talos/durations.ts";
import { clusterOfMachine, GONE } from "../../talos/etcd/members.ts";
import { isConfigured } from "../../talos/network/addresses.ts";
import type { MachineState } from "../../talos/state.ts";
import { setUnschedulable } from "../api/node-objects.ts";
import { clusterOf, isReady, type HeldCluster } from "../cluster.ts";
import type { ClusterState, KubernetesNode } from "../state.ts";

/** When machines register that have not yet. */
export function* registrations(world: World): Iterable<number> {
  for (const machine of Object.values(world.state.machines)) {
    const cluster = clusterOfMachine(world, machine);
    if (cluster && machine.registered !== cluster.id) yield joinsAt(machine, cluster);
  }
}

export function registerNodes(world: Held): void {
  const dialled = new Map<string, ClusterState | undefined>();
  const apiServerOf = (machine: MachineState) => {
    const { clusterEndpoint } = machine.facts!;
    if (!dialled.has(clusterEndpoint)) dialled.set(clusterEndpoint, apiServerFor(world, machine));
    return dialled.get(clusterEndpoint);
  };
  for (const machine of Object.values(world.state.machines)) {
    if (!isConfigured(world, machine.vmId) || machine.stall) continue;
    const cluster = clusterOfMachine(world, machine);
    if (cluster && apiServerOf(machine)?.id === cluster.id) register(world, machine, cluster);
  }
}

function joinsAt({ configuredAt = Infinity }: MachineState, { apiUpAt = Infinity }: ClusterState): number {
  return Math.max(configuredAt, apiUpAt) + DURATIONS.nodeRegistration;
}

function register(world: Held, machine: MachineState, cluster: ClusterState): void {
  const facts = machine.facts!;
  const now = world.clock.now();
  const joined = joinsAt(machine, cluster);
  if (now < joined) return;
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
    readyAt: joined + DURATIONS.nodeReady,
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
    world.note({ kind: "node-joined", subject: node.name, text, detail: { ...detail, at: joined } });
  }
  if (node.readyAt <= now && node.reportedReadyAt !== node.readyAt) {
    node.reportedReadyAt = node.readyAt;
    world.note({ kind: "node-ready", subject: node.name, text: `${node.name} is Ready`, detail });
  }
  const own = clusterOf(world, cluster.id);
  if (isReady(own, node)) comeUp(own, node);
}

/** A node goes down when what runs on it stops, and is up again when its kubelet reports Ready: the time in which its pods serve nobody. */
function comeUp(cluster: HeldCluster, node: KubernetesNode): void {
  if (node.downSince === undefined) return;
  const { world } = cluster;
  const seconds = node.readyAt - node.downSince;
  delete node.downSince;
  // Talos opens only what it closed: a node that somebody else cordoned stays so.
  if (node.cordonedByTalos) {
    delete node.cordonedByTalos;
    setUnschedulable(cluster, node.name, false);
  }
  world.note({
    kind: "node-up",
    subject: node.name,
    text: `${node.name} is up again after ${Math.round(seconds)} s`,
    detail: { vmId: node.vmId, node: node.name, at: node.readyAt, seconds },
  });
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
