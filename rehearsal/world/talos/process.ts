/** What moves by itself on machines: control planes join etcd, volumes that wait try again, a `try` config is reverted. */
import { hasFault } from "../kernel/faults.ts";
import { nextTry, type Held, type Process, type World } from "../kernel/world.ts";
import { apiServerFor, isServing } from "./control-plane/api-server.ts";
import { bootDisk, stateOf } from "./disks/boot-disk.ts";
import { provisionVolumes } from "./disks/volumes.ts";
import { caughtUpAt, joinEtcd, joinsAt } from "./etcd/cluster.ts";
import { clusterOfMachine } from "./etcd/members.ts";
import type { ClusterState } from "./etcd/state.ts";
import { applyImmediately } from "./machine-config/apply.ts";
import { boot } from "./machined/boot.ts";
import { isConfigured } from "./network/addresses.ts";
import type { MachineState } from "./state.ts";

export const talosProcess: Process = { due, settle };

/** Talos tries failed volumes again so often, in seconds (volume_manager.go). */
const VOLUME_RETRY = 30;
/** How often somebody looks after a machine whose reboot hangs. */
const HUNG_LOOK = 10;

function* due(world: World): Iterable<number | undefined> {
  const { machines, clusters } = world.state;
  for (const machine of Object.values(machines)) {
    yield machine.answersAt;
    yield machine.configuredAt;
    yield machine.revertsAt;
    for (const { phase, readyAt } of machine.volumes)
      yield phase === "waiting" ? nextTry(world, VOLUME_RETRY) : readyAt;
    if (machine.hung === "reboot") yield nextTry(world, HUNG_LOOK);
    const cluster = machine.facts?.machineType === "controlplane" && clusterOfMachine(world, machine);
    if (cluster) yield joinsAt(machine, cluster);
  }
  for (const { apiUpAt, etcd } of Object.values(clusters)) {
    yield apiUpAt;
    for (const member of Object.values(etcd)) yield caughtUpAt(member);
  }
}

async function settle(world: Held): Promise<void> {
  const now = world.clock.now();
  for (const machine of Object.values(world.state.machines)) {
    if (machine.hung === "reboot" && !hasFault(world, "reboot-hangs", machine.vmId)) {
      await boot(world, machine.vmId, now);
    }
  }
  for (const machine of Object.values(world.state.machines)) {
    if (!isConfigured(world, machine.vmId)) continue;
    if (machine.revertsAt !== undefined && now >= machine.revertsAt) await revert(world, machine);
    await provisionVolumes(world, machine.vmId, { at: now });
  }
  for (const cluster of Object.values(world.state.clusters)) noteUp(world, cluster);
  for (const machine of Object.values(world.state.machines)) {
    if (machine.facts?.machineType !== "controlplane") continue;
    if (!isConfigured(world, machine.vmId) || machine.stall?.what === "offline") continue;
    const cluster = clusterOfMachine(world, machine);
    if (cluster && apiServerFor(world, machine)?.id === cluster.id) joinEtcd(world, machine, cluster);
  }
}

function noteUp(world: Held, cluster: ClusterState): void {
  if (!isServing(world, cluster) || cluster.reportedUpAt === cluster.apiUpAt) return;
  cluster.reportedUpAt = cluster.apiUpAt!;
  world.note({
    kind: "kubernetes-up",
    subject: cluster.name,
    text: `the API server of cluster ${cluster.name} answers`,
    detail: { clusterId: cluster.id, at: cluster.apiUpAt },
  });
}

async function revert(world: Held, machine: MachineState): Promise<void> {
  const state = stateOf(bootDisk(world.state.proxmox.vms[machine.vmId]!));
  delete machine.revertsAt;
  if (state) await applyImmediately(world, machine, state.machineConfig);
}
