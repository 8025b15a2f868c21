/**
 * etcd as a control plane's API shows it.
 * Source: talos v1.12.0 server/v1alpha1/v1alpha1_server.go (Etcd*), internal/pkg/etcd/etcd.go.
 */
import type { ClusterState } from "./state.ts";
import { hasFault } from "../../kernel/faults.ts";
import type { MachineState } from "../state.ts";
import type { Held, World } from "../../kernel/world.ts";
import { bootDisk, stateOf } from "../disks/boot-disk.ts";
import { TalosError } from "../errors.ts";
import { noteQuorum } from "./cluster.ts";
import { forfeit, leaderOf } from "./leader.ts";
import { etcdOf, formatMember, memberNumber, memberRuns, membersInOrder, quorum } from "./members.ts";
import type { EtcdSnapshot } from "./registry.ts";
import { MiB } from "../../kernel/units.ts";

export interface Member {
  cluster: ClusterState;
  memberId: string;
}

/** The version that Talos 1.12.0 deploys, and its storage format. */
const PROTOCOL = "3.6.6";
const STORAGE = "3.6.0";

export function requireControlPlane(machine: MachineState, method: string): void {
  if (machine.facts?.machineType === "controlplane") return;
  throw new TalosError("Unimplemented", `${method} is only available on control plane nodes`);
}

/** The member on this node, which answers at its own port 2379. */
export function localMember(world: World, machine: MachineState): Member {
  const member = etcdOf(world, machine.vmId);
  const cluster = member && world.state.clusters[member.clusterId];
  if (!cluster || !memberRuns(world, cluster, member.memberId)) {
    throw new TalosError(
      "Unavailable",
      'connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:2379: connect: connection refused"',
    );
  }
  return { cluster, memberId: member.memberId };
}

export function etcdStatus(world: World, machine: MachineState): Record<string, unknown> {
  requireControlPlane(machine, "etcd status");
  const { cluster, memberId } = localMember(world, machine);
  const leader = leaderOf(world, cluster);
  const size = sizeOf(cluster);
  const index = String(writesOf(world) + 1000);
  return {
    memberId: memberNumber(memberId).toString(),
    protocolVersion: PROTOCOL,
    storageVersion: STORAGE,
    dbSize: String(size),
    dbSizeInUse: String(Math.round(size * 0.6)),
    leader: leader === undefined ? "0" : memberNumber(leader).toString(),
    raftIndex: index,
    raftAppliedIndex: index,
    raftTerm: String(cluster.raftTerm ?? 1),
    errors: leader === undefined ? ["etcdserver: no leader"] : [],
    isLearner: cluster.etcd[memberId]!.learner === true,
  };
}

export function etcdMembers(world: World, machine: MachineState): Record<string, unknown>[] {
  requireControlPlane(machine, "member list");
  const { cluster } = localMember(world, machine);
  requireQuorum(world, cluster);
  return membersInOrder(cluster).map((id) => {
    const { name, vmId, learner, address } = cluster.etcd[id]!;
    const ip = world.state.machines[vmId]?.address ?? address ?? "";
    return {
      id: memberNumber(id).toString(),
      hostname: name ?? "",
      peerUrls: [`https://${ip}:2380`],
      clientUrls: [`https://${ip}:2379`],
      isLearner: learner === true,
    };
  });
}

export function etcdAlarms(world: World, machine: MachineState): Record<string, unknown>[] {
  requireControlPlane(machine, "etcd alarm list");
  const { cluster } = localMember(world, machine);
  return membersInOrder(cluster)
    .filter((id) => hasFault(world, "etcd-alarm", cluster.etcd[id]!.vmId))
    .map((id) => ({ memberId: memberNumber(id).toString(), alarm: "NOSPACE" }));
}

/** Name of the new leader; empty when this node's member did not lead. */
export function etcdForfeit(world: Held, machine: MachineState): string {
  requireControlPlane(machine, "etcd forfeit leadership");
  const { cluster, memberId } = localMember(world, machine);
  requireQuorum(world, cluster);
  const failed = (why: string) => new TalosError("Unknown", `failed to forfeit leadership: ${why}`);
  if (Object.keys(cluster.etcd).length === 1) throw failed("cannot forfeit leadership, only one member");
  try {
    return forfeit(world, cluster, memberId);
  } catch (error) {
    throw failed((error as Error).message);
  }
}

/**
 * The member goes, and its data directory with it. The service is stopped for as long as the machine is up, and nothing can
 * start it (internal/pkg/etcd, LeaveCluster; the service allows no start by the API): the next boot makes a member of it again.
 */
export function etcdLeave(world: Held, machine: MachineState): void {
  requireControlPlane(machine, "etcd leave");
  const { cluster, memberId } = localMember(world, machine);
  requireQuorum(world, cluster);
  if (Object.keys(cluster.etcd).length === 1) {
    throw new TalosError(
      "Unknown",
      "failed to leave cluster: etcdserver: re-configuration failed due to not enough started members",
    );
  }
  removeMember(world, cluster, memberId, `${cluster.etcd[memberId]!.name} left etcd`);
  const state = stateOf(bootDisk(world.state.proxmox.vms[machine.vmId]!));
  delete state?.etcd;
  machine.leftEtcd = true;
}

export function etcdRemove(world: Held, machine: MachineState, number: bigint): void {
  requireControlPlane(machine, "etcd remove member");
  const { cluster } = localMember(world, machine);
  requireQuorum(world, cluster);
  const id = Object.keys(cluster.etcd).find((each) => memberNumber(each) === number);
  if (id === undefined)
    throw new TalosError("NotFound", `failed to remove member ${number}: etcdserver: member not found`);
  // With strict-reconfig-check etcd refuses what would leave it without a quorum (server.go, mayRemoveMember).
  const left = Object.entries(cluster.etcd).filter(([each]) => each !== id);
  if (!quorum(world, { ...cluster, etcd: Object.fromEntries(left) })) {
    throw new TalosError(
      "Unknown",
      `failed to remove member: failed to remove member ${number}: etcdserver: re-configuration failed due to not enough started members`,
    );
  }
  removeMember(world, cluster, id, `etcd member ${formatMember(number)} was removed`);
}

export function etcdSnapshot(world: World, machine: MachineState): EtcdSnapshot {
  requireControlPlane(machine, "etcd snapshot");
  const { cluster } = localMember(world, machine);
  const snapshot = world.systems.registry.takeSnapshot(cluster, writesOf(world));
  const node = machine.facts!.hostname;
  world.note({
    kind: "etcd-snapshot",
    subject: node,
    text: `a snapshot of etcd was taken from ${node}: ${snapshot.entries.length} keys`,
    detail: { vmId: machine.vmId, clusterId: cluster.id, revision: snapshot.revision },
  });
  return snapshot;
}

function removeMember(world: World, cluster: ClusterState, memberId: string, text: string): void {
  const { name, vmId } = cluster.etcd[memberId]!;
  delete cluster.etcd[memberId];
  world.note({
    kind: "etcd-member-removed",
    subject: name ?? memberId,
    text: `${text}: ${Object.keys(cluster.etcd).length} members`,
    detail: { clusterId: cluster.id, memberId, vmId },
  });
  noteQuorum(world, vmId, text);
}

function requireQuorum(world: World, cluster: ClusterState): void {
  if (!quorum(world, cluster)) throw new TalosError("Unavailable", "etcdserver: no leader");
}

/** Everything that happened left its trace in etcd. */
function writesOf(world: World): number {
  return world.state.events.length;
}

function sizeOf(cluster: ClusterState): number {
  const page = 4096;
  return Math.ceil((2 * MiB + JSON.stringify(cluster).length) / page) * page;
}
