/**
 * etcd: one bootstrap, further control planes as members, quorum. A member's identity is its data directory on EPHEMERAL;
 * a machine that lost its disk is no member any more, even at the same address with the same VM id.
 *
 * Sources: talos v1.12.0 server/v1alpha1/v1alpha1_server.go (Bootstrap), pkg/system/services/etcd.go (addMember).
 */
import type { ClusterState } from "../../kubernetes/state.ts";
import type { MachineState, TalosDiskState } from "../../kernel/state.ts";
import type { World } from "../../kernel/world.ts";
import { stateOf } from "../machined/boot.ts";
import { DURATIONS } from "../durations.ts";
import { TalosError } from "../errors.ts";
import type { NodeFacts } from "../machine-config/facts.ts";
import { memberRuns } from "./members.ts";
import { bootDisk } from "../network/hardware.ts";
import { isConfigured } from "../network/addresses.ts";

/** A vmId that no VM has: the machine behind a member or a node is gone for good. */
export const GONE = 0;

export function etcdOf(world: World, vmId: number): { clusterId: string; memberId: string } | undefined {
  const vm = world.state.proxmox.vms[vmId];
  return vm && stateOf(bootDisk(vm))?.etcd;
}

/** More than half of the members that have a vote answer: the one place that knows (raft; etcd server/etcdserver, learners do not count). */
export function quorum(world: World, cluster: ClusterState): boolean {
  const members = Object.keys(cluster.etcd).filter((id) => !cluster.etcd[id]!.learner);
  const up = members.filter((id) => memberRuns(world, cluster, id));
  return members.length > 0 && up.length > members.length / 2;
}

/** The cluster whose API this machine serves or should join. */
export function clusterOfMachine(world: World, machine: MachineState): ClusterState | undefined {
  const member = etcdOf(world, machine.vmId);
  if (member) return world.state.clusters[member.clusterId];
  const cluster = machine.facts && world.state.clusters[machine.facts.clusterId];
  return cluster?.membership === machine.facts?.membership ? cluster : undefined;
}

/** Throws in Talos's words unless the node may get a new etcd. */
export function checkBootstrap(
  world: World,
  machine: MachineState,
): { facts: NodeFacts; state: TalosDiskState } {
  const { facts, vmId, configuredAt } = machine;
  const state = stateOf(bootDisk(world.state.proxmox.vms[vmId]!));
  if (!facts || !state) throw new TalosError("Unimplemented", "method Bootstrap not implemented");
  if (world.clock.now() < (configuredAt ?? Infinity) + DURATIONS.cri) {
    throw new TalosError("FailedPrecondition", "bootstrap is not available yet");
  }
  if (facts.machineType !== "controlplane") {
    throw new TalosError("FailedPrecondition", "bootstrap can only be performed on a control plane node");
  }
  // v1alpha1_server.go, Bootstrap: it gives the clock five seconds.
  if (machine.stall?.what === "offline")
    throw new TalosError("FailedPrecondition", "time is not in sync yet");
  if (state.etcd) throw new TalosError("AlreadyExists", "etcd data directory is not empty");
  return { facts, state };
}

/** The Bootstrap call on a node that runs its config: an empty etcd. */
export function bootstrapEtcd(world: World, machine: MachineState): void {
  const { facts, state } = checkBootstrap(world, machine);
  const { vmId } = machine;
  const now = world.clock.now();
  const first = world.state.clusters[facts.clusterId];
  const clusterId = first ? world.nextId(facts.clusterId) : facts.clusterId;
  const memberId = world.nextId("member");
  state.etcd = { clusterId, memberId, bootstrappedAt: now };
  world.state.clusters[clusterId] = newCluster(clusterId, machine, memberId, now);
  world.note({
    kind: "bootstrap",
    subject: facts.hostname,
    severity: first ? "catastrophe" : "info",
    text: first
      ? `bootstrapped a second etcd on ${facts.hostname} beside the living one of cluster ${facts.clusterName}`
      : `bootstrapped etcd of cluster ${facts.clusterName} on ${facts.hostname}`,
    // The secrets' own id says whose life it begins: a cluster that was destroyed and one made after it share none.
    detail: { vmId, node: facts.hostname, clusterId, memberId, secrets: facts.clusterId },
  });
}

/** With one member, on that machine. */
export function newCluster(id: string, machine: MachineState, memberId: string, now: number): ClusterState {
  const { vmId, address } = machine;
  const facts = machine.facts!;
  const namespaces = ["default", "kube-system", "kube-public", "kube-node-lease"];
  return {
    id,
    name: facts.clusterName,
    membership: facts.membership,
    bootstrappedAt: now,
    bootstrappedOn: vmId,
    etcd: { [memberId]: { vmId, joinedAt: now, name: facts.hostname, address } },
    kubernetesVersion: facts.kubernetesVersion,
    apiUpAt: now + DURATIONS.kubernetesUp,
    nodes: {},
    namespaces: Object.fromEntries(
      namespaces.map((name) => [name, { labels: { "kubernetes.io/metadata.name": name }, createdAt: now }]),
    ),
    releases: {},
    objects: {},
    pods: {},
  };
}

/**
 * A configured control plane without etcd data joins the cluster that it reaches, which therefore has quorum: as a learner
 * first, and with a vote once it has caught up. etcd takes one learner at a time.
 */
export function joinEtcd(world: World, machine: MachineState, cluster: ClusterState): void {
  const state = stateOf(bootDisk(world.state.proxmox.vms[machine.vmId]!));
  const { facts } = machine;
  if (!state || facts?.machineType !== "controlplane" || machine.leftEtcd) return;
  const now = world.clock.now();
  if (state.etcd) {
    const own = cluster.etcd[state.etcd.memberId];
    if (own?.learner && now >= own.joinedAt + DURATIONS.etcdCatchUp) promote(world, machine, cluster);
    return;
  }
  if (Object.values(cluster.etcd).some(({ learner }) => learner)) return;
  const lastJoin = Math.max(...Object.values(cluster.etcd).map(({ joinedAt }) => joinedAt));
  const start = Math.max(machine.configuredAt ?? Infinity, cluster.apiUpAt ?? Infinity, lastJoin);
  const addedAt = start + DURATIONS.etcdJoin - DURATIONS.etcdCatchUp;
  if (now < addedAt) return;
  // A member of the same name is taken out first: this machine is its successor (etcd.go, addMember).
  for (const [id, member] of Object.entries(cluster.etcd)) {
    if (member.name !== facts.hostname) continue;
    delete cluster.etcd[id];
    world.note({
      kind: "etcd-member-removed",
      subject: facts.hostname,
      text: `etcd forgot the former ${facts.hostname}`,
      detail: { clusterId: cluster.id, memberId: id },
    });
  }
  const memberId = world.nextId("member");
  const { vmId, address } = machine;
  state.etcd = { clusterId: cluster.id, memberId, bootstrappedAt: now };
  cluster.etcd[memberId] = { vmId, joinedAt: now, name: facts.hostname, address, learner: true };
  if (now >= addedAt + DURATIONS.etcdCatchUp) promote(world, machine, cluster);
}

function promote(world: World, { vmId, facts }: MachineState, cluster: ClusterState): void {
  const { memberId } = etcdOf(world, vmId)!;
  delete cluster.etcd[memberId]!.learner;
  const members = Object.keys(cluster.etcd).length;
  const name = facts!.hostname;
  world.note({
    kind: "etcd-member-joined",
    subject: name,
    text: `${name} joined etcd of cluster ${cluster.name}: ${members} members`,
    detail: { vmId, clusterId: cluster.id, memberId, members },
  });
}

/** After a boot: its API server and its node come back after a while. */
export function resumeCluster(world: World, vmId: number, answersAt: number): void {
  for (const cluster of Object.values(world.state.clusters)) {
    const member = Object.values(cluster.etcd).some((one) => one.vmId === vmId);
    const others = Object.values(cluster.etcd).some(
      (one) => one.vmId !== vmId && isConfigured(world, one.vmId),
    );
    if (member && !others)
      cluster.apiUpAt = Math.max(cluster.apiUpAt ?? 0, answersAt + DURATIONS.apiServerRestart);
    for (const node of Object.values(cluster.nodes)) {
      if (node.vmId !== vmId) continue;
      node.readyAt = Math.max(answersAt, cluster.apiUpAt ?? 0) + DURATIONS.nodeReadyAgain;
    }
  }
}

/** Puts on record that a cluster lost its quorum because that machine went. */
export function noteQuorum(world: World, vmId: number, why: string): void {
  for (const cluster of Object.values(world.state.clusters)) {
    if (!Object.values(cluster.etcd).some((member) => member.vmId === vmId) || quorum(world, cluster))
      continue;
    world.note({
      kind: "etcd-quorum-lost",
      subject: cluster.name,
      severity: "warning",
      text: `etcd of cluster ${cluster.name} has no quorum: ${why}`,
      detail: { clusterId: cluster.id, vmId, members: Object.keys(cluster.etcd).length },
    });
  }
}

/** The machine's disks are lost: its member and node have nobody behind them any more. */
export function forgetMachine(world: World, vmId: number): void {
  for (const cluster of Object.values(world.state.clusters)) {
    const mine = Object.values(cluster.etcd).filter((member) => member.vmId === vmId);
    for (const member of mine) member.vmId = GONE;
    for (const node of Object.values(cluster.nodes)) if (node.vmId === vmId) node.vmId = GONE;
    if (mine.length === 0) continue;
    const members = Object.values(cluster.etcd);
    const left = members.filter((member) => member.vmId !== GONE).length;
    if (left > members.length / 2) continue;
    const lost = left === 0;
    world.note({
      kind: "etcd-quorum-lost",
      subject: cluster.name,
      severity: lost ? "warning" : "catastrophe",
      text: lost
        ? `the last etcd member of cluster ${cluster.name} is gone, and the cluster with it`
        : `etcd of cluster ${cluster.name} has lost its quorum for good: ${left} of ${members.length} members have their data`,
      detail: { clusterId: cluster.id, vmId, left, members: members.length },
    });
    if (lost) delete world.state.clusters[cluster.id];
  }
}
