/**
 * A machine goes down when what runs on it stops, in whatever way. Kubernetes puts on record from when to when its node is down,
 * so that "at most one node down" can be read from it.
 */
import type { Held } from "../../kernel/world.ts";
import { noteQuorum } from "../etcd/cluster.ts";
import { leaderOf } from "../etcd/leader.ts";

/** Everything on EPHEMERAL stops: pods, kubelet, etcd. Twice is once. */
export async function goDown(world: Held, vmId: number, why: string): Promise<void> {
  const machine = world.state.machines[vmId];
  if (!machine || machine.servicesStopped) return;
  // First, while it still counts as up: what was due on it until now has happened.
  await world.systems.workloads.stopped(world, vmId, why);
  machine.servicesStopped = true;
  noteQuorum(world, vmId, why);
  // Who followed it elects another.
  for (const cluster of Object.values(world.state.clusters)) {
    if (cluster.leader && cluster.etcd[cluster.leader]?.vmId === vmId) leaderOf(world, cluster);
  }
}
