/**
 * Machines that go from host to host: by a migration that somebody asks for, or by HA after the host went away. Checks and
 * their order follow qemu-server (API2/Qemu.pm: migrate_vm; QemuServer.pm: check_storage_availability; QemuMigrate.pm).
 */
import type { HostState, VmState } from "../state.ts";
import type { World } from "../../kernel/world.ts";
import { DURATIONS } from "../durations.ts";
import { ProxmoxError, refuse, refuseParameter } from "../errors.ts";
import { checkUnlocked, findHost, findVm, nameOf, noteForeign } from "../lookup.ts";
import { memoryOf } from "./memory.ts";
import { checkResources, start } from "./power.ts";
import type { Task } from "../task.ts";

export interface MigrationRequest {
  target: string;
  /** While it runs. Without it, a running machine is not moved. */
  online: boolean;
  /** Disks on datastores that are not shared are copied. */
  withLocalDisks: boolean;
}

export function migrate(world: World, hostName: string, vmId: number, request: MigrationRequest): Task {
  findHost(world, hostName);
  const { target, online, withLocalDisks } = request;
  if (target === hostName) refuseParameter("target", "target is local node.");
  const host = world.state.proxmox.hosts[target];
  if (!host) return refuse(`no such cluster node '${target}'`);
  const vm = findVm(world, hostName, vmId);
  checkUnlocked(vm);
  const running = vm.power === "running";
  if (running && !online) refuse("can't migrate running VM without --online");
  checkDatastores(vm, host);
  const local = localDisks(world, vm);
  const run = async (): Promise<string[]> => {
    // The target is spoken to by the task [QemuMigrate.pm: prepare].
    if (host.off) refuse("Can't connect to destination address using public key");
    if (running && local.length > 0 && !withLocalDisks) refuse("can't migrate VM - check log");
    if (running) checkResources(host, vm);
    noteForeign(world, vm, "The program moved");
    vm.config["lock"] = "migrate";
    const disks = local.reduce((sum, disk) => sum + disk.sizeBytes, 0);
    const memory = running ? memoryOf(vm) : 0;
    await world.clock.sleep(DURATIONS.migrateVm + (disks + memory) / DURATIONS.migrateRate);
    delete vm.config["lock"];
    await arrive(world, vm, target, "was migrated");
    return [];
  };
  return { type: "qmigrate", subject: String(vmId), host: hostName, run };
}

/** A host goes dark, and everything that ran on it. */
export async function switchOffHost(world: World, name: string): Promise<void> {
  const host = findHost(world, name);
  for (const vm of Object.values(world.state.proxmox.vms)) {
    if (vm.host !== name || vm.power !== "running") continue;
    if (!vm.foreign) await world.systems.lifecycle.powerOff(world, vm.vmId, "stop");
    vm.power = "stopped";
  }
  for (const container of Object.values(world.state.proxmox.containers ?? {}))
    if (container.host === name) container.power = "stopped";
  host.off = true;
  world.note({ kind: "host-off", subject: name, text: `Host ${name} is off` });
  await world.commit();
}

/**
 * What the HA manager does with a machine whose host is fenced: its config file is moved to another host, and it is started
 * there. Its disks must be there already, on shared datastores [pve-ha-manager: Manager.pm, recover_fenced_service].
 */
export async function recoverByHa(world: World, vmId: number, target: string): Promise<void> {
  const vm = world.state.proxmox.vms[vmId]!;
  if (!world.state.proxmox.hosts[vm.host]!.off) throw new Error(`${vm.host} is not off`);
  const local = localDisks(world, vm);
  if (local.length > 0)
    throw new Error(`VM ${vmId} has disks of its own on ${vm.host}: HA cannot start it elsewhere`);
  checkDatastores(vm, findHost(world, target));
  await arrive(world, vm, target, "was recovered by HA");
  await start(world, target, vmId).run();
}

async function arrive(world: World, vm: VmState, target: string, how: string): Promise<void> {
  const from = vm.host;
  vm.host = target;
  world.note({
    kind: "vm-moved",
    subject: String(vm.vmId),
    text: `VM ${vm.vmId} (${nameOf(vm)}) ${how} from ${from} to ${target}`,
    detail: { vmId: vm.vmId, from, to: target },
  });
  await world.commit();
}

/** Each volume's datastore must be there under the same name. */
function checkDatastores(vm: VmState, target: HostState): void {
  for (const { datastore } of Object.values(vm.disks)) {
    if (!target.datastores[datastore])
      throw new ProxmoxError(500, `storage '${datastore}' is not available on node '${target.name}'`);
  }
}

function localDisks(world: World, vm: VmState) {
  const { datastores } = world.state.proxmox.hosts[vm.host]!;
  return Object.values(vm.disks).filter(
    ({ datastore, media }) => media !== "cdrom" && !datastores[datastore]?.shared,
  );
}
