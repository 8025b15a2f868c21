/**
 * Reset: STATE and EPHEMERAL are wiped, user volumes stay. Graceful means that a control plane leaves etcd first.
 * Source: talos v1.12.0 runtime/v1alpha1 (LeaveEtcd, ResetSystemDiskPartitions).
 */
import type { MachineState } from "../state.ts";
import type { Held, World } from "../../kernel/world.ts";
import { boot } from "./boot.ts";
import { DURATIONS } from "../durations.ts";
import { TalosError } from "../errors.ts";
import { etcdOf } from "../etcd/members.ts";
import { forgetMachine } from "../etcd/cluster.ts";
import { bootDisk } from "../disks/boot-disk.ts";

export interface ResetRequest {
  graceful: boolean;
  reboot: boolean;
}

export async function resetMachine(
  world: World,
  machine: MachineState,
  { graceful, reboot }: ResetRequest,
): Promise<void> {
  await world.settle();
  await world.exclusive(async (held) => {
    const vm = world.state.proxmox.vms[machine.vmId]!;
    if (graceful) leaveEtcd(held, machine);
    const disk = bootDisk(vm);
    forgetMachine(held, machine.vmId);
    if (disk?.content.kind === "talos") {
      delete disk.content.state;
      disk.content.partitions = disk.content.partitions.filter(
        ({ label }) => label !== "STATE" && label !== "EPHEMERAL",
      );
    }
    const at = world.clock.now() + DURATIONS.reset;
    if (reboot) await boot(held, machine.vmId, at);
    else {
      delete world.state.machines[machine.vmId];
      vm.power = "stopped";
    }
  });
}

function leaveEtcd(world: Held, machine: MachineState): void {
  const member = etcdOf(world, machine.vmId);
  const cluster = member && world.state.clusters[member.clusterId];
  if (!cluster) return;
  if (Object.keys(cluster.etcd).length === 1) {
    throw new TalosError("Unknown", "failed to leave etcd: it is the only member; reset without graceful");
  }
  delete cluster.etcd[member.memberId];
  world.note({
    kind: "etcd-member-removed",
    subject: machine.facts?.hostname ?? String(machine.vmId),
    text: `${machine.facts?.hostname ?? machine.vmId} left etcd of cluster ${cluster.name}`,
    detail: { clusterId: cluster.id, memberId: member.memberId },
  });
}
