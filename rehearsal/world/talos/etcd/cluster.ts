/**
 * etcd: one bootstrap, further control planes as members, and what becomes of it when a machine boots, stops or is gone.
 *
 * Sources: talos v1.12.0 server/v1alpha1/v1alpha1_server.go (Bootstrap), pkg/system/services/etcd.go (addMember).
 */
import type { ClusterState, EtcdMember } from "./state.ts";
import type { MachineState, TalosDiskState } from "../state.ts";
import type { Held, World } from "../../kernel/world.ts";
import { bootDisk, stateOf } from "../disks/boot-disk.ts";
import { DURATIONS } from "../durations.ts";
import { TalosError } from "../errors.ts";
import type { NodeFacts } from "../machine-config/node-facts.ts";
import { etcdOf, GONE, isMajority, quorum } from "./members.ts";
import { isConfigured } from "../network/addresses.ts";

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
export function bootstrapEtcd(world: Held, machine: MachineState): void {
  const { facts, state } = checkBootstrap(world, machine);
  const { vmId } = machine;
  const now = world.clock.now();
  const first = world.state.clusters[facts.clusterId];
  const clusterId = first ? world.nextId(facts.clusterId) : facts.clusterId;
  const memberId = world.nextId("member");
  state.etcd = { clusterId, memberId, bootstrappedAt: now };
  world.state.clusters[clusterId] = newCluster(world, clusterId, machine, memberId);
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
export function newCluster(world: Held, id: string, machine: MachineState, memberId: string): ClusterState {
  const { vmId, address } = machine;
  const facts = machine.facts!;
  const now = world.clock.now();
  return {
    ...world.systems.registry.begin(facts, now),
    id,
    name: facts.clusterName,
    membership: facts.membership,
    bootstrappedAt: now,
    bootstrappedOn: vmId,
    etcd: { [memberId]: { vmId, joinedAt: now, name: facts.hostname, address } },
    apiUpAt: now + DURATIONS.kubernetesUp,
  };
}

/**
 * A configured control plane without etcd data joins the cluster that it reaches, which therefore has quorum: as a learner
 * first, and with a vote once it has caught up. etcd takes one learner at a time.
 */
export function joinEtcd(world: Held, machine: MachineState, cluster: ClusterState): void {
  const state = stateOf(bootDisk(world.state.proxmox.vms[machine.vmId]!));
  const { facts } = machine;
  if (!state || facts?.machineType !== "controlplane" || machine.leftEtcd) return;
  const now = world.clock.now();
  if (state.etcd) {
    const own = cluster.etcd[state.etcd.memberId];
    if (own?.learner && now >= caughtUpAt(own)) promote(world, machine, cluster);
    return;
  }
  if (Object.values(cluster.etcd).some(({ learner }) => learner)) return;
  if (now < joinsAt(machine, cluster)) return;
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
}

/** From when on a control plane may be added as a learner: after the one before it. */
export function joinsAt(
  { configuredAt = Infinity }: MachineState,
  { apiUpAt = Infinity, etcd }: ClusterState,
): number {
  const lastJoin = Math.max(...Object.values(etcd).map(({ joinedAt }) => joinedAt));
  return Math.max(configuredAt, apiUpAt, lastJoin) + DURATIONS.etcdJoin - DURATIONS.etcdCatchUp;
}

/** When a learner gets its vote. */
export function caughtUpAt({ joinedAt }: EtcdMember): number {
  return joinedAt + DURATIONS.etcdCatchUp;
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

/** After a boot: a lone API server comes back after a while, and then what runs on the node. */
export function resumeCluster(world: Held, vmId: number, answersAt: number): void {
  for (const cluster of Object.values(world.state.clusters)) {
    const member = Object.values(cluster.etcd).some((one) => one.vmId === vmId);
    const others = Object.values(cluster.etcd).some(
      (one) => one.vmId !== vmId && isConfigured(world, one.vmId),
    );
    if (member && !others)
      cluster.apiUpAt = Math.max(cluster.apiUpAt ?? 0, answersAt + DURATIONS.apiServerRestart);
  }
  world.systems.workloads.booted(world, vmId, answersAt);
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
export function forgetMachine(world: Held, vmId: number): void {
  world.systems.workloads.gone(world, vmId);
  for (const cluster of Object.values(world.state.clusters)) {
    const mine = Object.values(cluster.etcd).filter((member) => member.vmId === vmId);
    for (const member of mine) member.vmId = GONE;
    if (mine.length === 0) continue;
    const members = Object.values(cluster.etcd);
    const left = members.filter((member) => member.vmId !== GONE).length;
    if (isMajority(cluster, (id) => cluster.etcd[id]!.vmId !== GONE)) continue;
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
