/**
 * The stage of a machine and whether it is ready, as Talos reports them.
 * Source: talos v1.12.0 controllers/runtime/machine_status.go (getReadinessChecks, watchEvents).
 */
import type { MachineState } from "../state.ts";
import type { World } from "../../kernel/world.ts";
import { waitsForAgentChannel } from "./board.ts";
import { apiServerFor, isServing } from "../control-plane/api-server.ts";
import { DURATIONS } from "../durations.ts";
import { clusterOfMachine, etcdOf, memberRuns } from "../etcd/members.ts";
import { leaderOf } from "../etcd/leader.ts";
import { isUp } from "../network/addresses.ts";

export interface MachineStatus {
  /** In the form of the resource; the event's is in capitals. */
  stage: "booting" | "running" | "upgrading" | "rebooting" | "maintenance";
  status: { ready: boolean; unmetConditions: { name: string; reason: string }[] };
}

export function machineStatus(world: World, machine: MachineState): MachineStatus {
  if (machine.sequence) return ready(machine.sequence.name === "upgrade" ? "upgrading" : "rebooting");
  if (!machine.facts) return ready("maintenance");
  const unmetConditions = [
    ...services(world, machine),
    ...staticPods(world, machine),
    ...node(world, machine),
  ];
  // The boot sequence ends once every service has come up.
  const stage = unmetConditions.some(({ name }) => name === "services") ? "booting" : "running";
  return { stage, status: { ready: unmetConditions.length === 0, unmetConditions } };
}

/** Stages without checks of their own count as ready. */
function ready(stage: MachineStatus["stage"]): MachineStatus {
  return { stage, status: { ready: true, unmetConditions: [] } };
}

type Conditions = { name: string; reason: string }[];

function services(world: World, machine: MachineState): Conditions {
  const reasons: string[] = [];
  const { vmId, facts, configuredAt = Infinity } = machine;
  const started = isUp(world, vmId) && world.clock.now() >= configuredAt + DURATIONS.cri;
  if (!started || machine.stall) reasons.push(machine.stall?.why ?? "kubelet not running");
  if (waitsForAgentChannel(world.state.proxmox.vms[vmId]!, machine.image)) {
    reasons.push("ext-qemu-guest-agent not running: its virtio port is not there, the VM's agent is off");
  }
  if (facts!.machineType === "controlplane") {
    const member = etcdOf(world, vmId);
    const cluster = clusterOfMachine(world, machine);
    if (!started || !member || !cluster) reasons.push("etcd not running");
    else if (!memberRuns(world, cluster, member.memberId) || !leaderOf(world, cluster)) {
      reasons.push("etcd not healthy");
    }
  }
  return reasons.length > 0 ? [{ name: "services", reason: reasons.join(", ") }] : [];
}

function staticPods(world: World, machine: MachineState): Conditions {
  if (machine.facts!.machineType !== "controlplane") return [];
  const cluster = clusterOfMachine(world, machine);
  if (!cluster || isServing(world, cluster)) return [];
  return [{ name: "staticPods", reason: `kube-system/kube-apiserver-${machine.facts!.hostname} not ready` }];
}

function node(world: World, machine: MachineState): Conditions {
  const { hostname } = machine.facts!;
  const cluster = apiServerFor(world, machine);
  const known = cluster && world.systems.workloads.nodeNamed(world, cluster.id, hostname);
  if (!known) return [{ name: "nodeReady", reason: `node "${hostname}" status is not available yet` }];
  return known.ready ? [] : [{ name: "nodeReady", reason: `node "${hostname}" is not ready` }];
}
