/**
 * Who is a member of an etcd, who of them runs, and whether they are enough. A member's identity is its data directory on
 * EPHEMERAL; a machine that lost its disk is no member any more, even at the same address with the same VM id.
 */
import { hasFault } from "../../kernel/faults.ts";
import { hash } from "../../kernel/random.ts";
import type { World } from "../../kernel/world.ts";
import { bootDisk, stateOf } from "../disks/boot-disk.ts";
import { isConfigured } from "../network/addresses.ts";
import type { MachineState } from "../state.ts";
import type { ClusterState } from "./state.ts";

/** A vmId that no VM has: the machine behind a member or a node is gone for good. */
export const GONE = 0;

export function etcdOf(world: World, vmId: number): { clusterId: string; memberId: string } | undefined {
  const vm = world.state.proxmox.vms[vmId];
  return vm && stateOf(bootDisk(vm))?.etcd;
}

/** More than half of the members that have a vote answer: the one place that knows (raft; etcd server/etcdserver, learners do not count). */
export function quorum(world: World, cluster: ClusterState): boolean {
  return isMajority(cluster, (id) => memberRuns(world, cluster, id));
}

/** Whether those that `counts` picks are more than half of the members that have a vote. */
export function isMajority(cluster: ClusterState, counts: (memberId: string) => boolean): boolean {
  const voters = Object.keys(cluster.etcd).filter((id) => !cluster.etcd[id]!.learner);
  return voters.filter(counts).length > voters.length / 2;
}

/** The cluster whose API this machine serves or should join. */
export function clusterOfMachine(world: World, machine: MachineState): ClusterState | undefined {
  const member = etcdOf(world, machine.vmId);
  if (member) return world.state.clusters[member.clusterId];
  const cluster = machine.facts && world.state.clusters[machine.facts.clusterId];
  return cluster?.membership === machine.facts?.membership ? cluster : undefined;
}

/** A member's identity in etcd's own API, 64 bits. */
export function memberNumber(memberId: string): bigint {
  return BigInt(`0x${hash("etcd member", memberId).slice(0, 16)}`);
}

/** As etcd and talosctl print it. */
export function formatMember(number: bigint): string {
  return number.toString(16).padStart(16, "0");
}

/** Its machine is up with the member's data, and its etcd works. */
export function memberRuns(world: World, cluster: ClusterState, memberId: string): boolean {
  const member = cluster.etcd[memberId];
  return (
    member !== undefined &&
    isConfigured(world, member.vmId) &&
    world.state.machines[member.vmId]?.stall?.what !== "offline" &&
    etcdOf(world, member.vmId)?.memberId === memberId &&
    !hasFault(world, "etcd-member-fails", member.vmId)
  );
}

/** Members in the order in which etcd lists them: by id. */
export function membersInOrder(cluster: ClusterState): string[] {
  return Object.keys(cluster.etcd).sort((a, b) => (memberNumber(a) < memberNumber(b) ? -1 : 1));
}
