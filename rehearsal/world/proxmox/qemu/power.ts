/**
 * Starting and stopping machines. A start takes the pending changes into force; a reboot inside the guest would not,
 * because QEMU goes on running [qemu-server: vm_start_nolock, vmconfig_apply_pending].
 */
import type { HostState, VmState } from "../state.ts";
import type { World } from "../../kernel/world.ts";
import { isDriveSlot, parseDrive, parseNetworkDevice } from "./drive.ts";
import { DURATIONS } from "../durations.ts";
import { refuse } from "../errors.ts";
import { memoryOf } from "./memory.ts";
import { checkUnlocked, findHost, findVm, nameOf, noteForeign } from "../lookup.ts";
import { noteConflicts } from "../network.ts";
import { detach } from "./disks.ts";
import type { Task } from "../task.ts";
import { MiB } from "../../kernel/units.ts";

export function start(world: World, hostName: string, vmId: number): Task {
  const host = findHost(world, hostName);
  const vm = findVm(world, hostName, vmId);
  checkUnlocked(vm);
  return { type: "qmstart", subject: String(vmId), host: hostName, run: () => powerOn(world, host, vm) };
}

export function stop(world: World, hostName: string, vmId: number): Task {
  const vm = findVm(world, hostName, vmId);
  checkUnlocked(vm);
  return { type: "qmstop", subject: String(vmId), host: hostName, run: () => powerOff(world, vm, "stop") };
}

export function shutdown(world: World, hostName: string, vmId: number): Task {
  const vm = findVm(world, hostName, vmId);
  checkUnlocked(vm);
  return {
    type: "qmshutdown",
    subject: String(vmId),
    host: hostName,
    run: () => powerOff(world, vm, "shutdown"),
  };
}

/** Down in order and up again. */
export function reboot(world: World, hostName: string, vmId: number): Task {
  const host = findHost(world, hostName);
  const vm = findVm(world, hostName, vmId);
  checkUnlocked(vm);
  const run = async (): Promise<string[]> => {
    if (vm.power !== "running") refuse(`VM ${vmId} not running`);
    return [...(await powerOff(world, vm, "shutdown")), ...(await powerOn(world, host, vm))];
  };
  return { type: "qmreboot", subject: String(vmId), host: hostName, run };
}

async function powerOn(world: World, host: HostState, vm: VmState): Promise<string[]> {
  if (vm.power === "running") refuse(`VM ${vm.vmId} already running`);
  noteForeign(world, vm, "The program started");
  applyPending(world, vm);
  checkResources(host, vm);
  await world.clock.sleep(DURATIONS.startVm);
  // Two starts at once: the second finds it running.
  if (world.state.proxmox.vms[vm.vmId]?.power !== "stopped") refuse(`VM ${vm.vmId} already running`);
  vm.power = "running";
  world.note({
    kind: "vm-started",
    subject: String(vm.vmId),
    text: `VM ${vm.vmId} (${nameOf(vm)}) runs on ${host.name}`,
    detail: { vmId: vm.vmId, host: host.name },
  });
  if (!vm.foreign) await world.systems.lifecycle.powerOn(world, vm.vmId);
  noteConflicts(world, vm.vmId);
  await world.commit();
  return [];
}

async function powerOff(world: World, vm: VmState, how: "stop" | "shutdown"): Promise<string[]> {
  if (vm.power !== "running") return [];
  noteForeign(world, vm, "The program stopped");
  await world.clock.sleep(how === "stop" ? DURATIONS.stopVm : DURATIONS.shutdownVm);
  if (!vm.foreign) await world.systems.lifecycle.powerOff(world, vm.vmId, how);
  vm.power = "stopped";
  world.note({
    kind: "vm-stopped",
    subject: String(vm.vmId),
    text: `VM ${vm.vmId} (${nameOf(vm)}) was ${how === "stop" ? "switched off" : "shut down"}`,
    detail: { vmId: vm.vmId, how },
  });
  await world.commit();
  return [];
}

/** What waited for this start, and the serials that the guest will see from now on. */
export function applyPending(world: World, vm: VmState): void {
  for (const [key, value] of Object.entries(vm.pending ?? {})) {
    if (value !== null) vm.config[key] = value;
    else if (isDriveSlot(key)) detach(world, vm, key);
    else delete vm.config[key];
  }
  delete vm.pending;
  for (const [slot, disk] of Object.entries(vm.disks)) {
    const { serial } = parseDrive(String(vm.config[slot] ?? "")).options;
    if (serial) disk.serial = serial;
    else delete disk.serial;
  }
}

/** What QEMU needs of the host [qemu-server: config_to_command; pve-bridge]. */
export function checkResources(host: HostState, vm: VmState): void {
  const cpus = Number(vm.config["sockets"] ?? 1) * Number(vm.config["cores"] ?? 1);
  if (cpus > host.cpus) refuse(`MAX ${host.cpus} vcpus allowed per VM on this node`);
  for (const key of Object.keys(vm.config).filter((key) => /^net\d+$/.test(key))) {
    const { bridge } = parseNetworkDevice(String(vm.config[key]));
    if (bridge !== undefined && !host.bridges.includes(bridge)) {
      refuse(`bridge '${bridge}' does not exist (bridges of ${host.name}: ${host.bridges.join(", ")})`);
    }
  }
  // By its default the kernel refuses only what is more than all it has (linux mm/util.c, __vm_enough_memory): memory that a guest has
  // not touched yet is not taken. What all machines are promised together is judged in overcommitment.ts.
  if (memoryOf(vm) > host.memoryBytes) {
    refuse(
      `start failed: QEMU exited with code 1: cannot set up guest memory 'pc.ram': Cannot allocate memory ` +
        `(${host.name} has ${host.memoryBytes / MiB} MiB, ${memoryOf(vm) / MiB} MiB asked for)`,
    );
  }
}
