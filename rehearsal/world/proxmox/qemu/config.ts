/**
 * Config changes. A stopped machine takes them at once. A running one takes what QEMU can change while it runs; the
 * rest waits as pending for the next start [qemu-server: QemuServer.pm, fast_plug_option, vmconfig_hotplug_pending,
 * vmconfig_update_disk; the default of `hotplug` is network,disk,usb].
 */
import type { HostState, VmState } from "../state.ts";
import type { World } from "../../kernel/world.ts";
import { allocate, detach, driveText, growTo, loseDisk, readDriveRequest } from "./disks.ts";
import { driveSlotsIn, isDriveSlot, parseDrive, parseSize, type Drive } from "./drive.ts";
import { DURATIONS } from "../durations.ts";
import { refuse, refuseParameter } from "../errors.ts";
import { checkUnlocked, findHost, findVm, noteForeign } from "../lookup.ts";
import { bootDisks, checkBootOrder, readConfig, type Parameters } from "../parameters.ts";
import type { Task } from "../task.ts";
import { newMac } from "./vms.ts";

/** Keys that only Proxmox reads, and cloud-init's, which the guest reads at its next boot. */
const AT_ONCE =
  /^(affinity|allow-ksm|autostart|description|hookscript|hotplug|lock|migrate_downtime|migrate_speed|name|onboot|protection|shares|startup|tags|template|vmstatestorage|cpulimit|cpuunits|ci(custom|password|type|upgrade|user)|nameserver|searchdomain|sshkeys|ipconfig\d+|net\d+|unused\d+)$/;

/** Options of a drive that a running QEMU cannot change. */
const DRIVE_NEEDS_RESTART = ["aio", "cache", "discard", "iothread", "queues", "ro", "ssd"];

export async function changeConfig(
  world: World,
  hostName: string,
  vmId: number,
  parameters: Parameters,
): Promise<void> {
  const host = findHost(world, hostName);
  const vm = findVm(world, hostName, vmId);
  checkUnlocked(vm);
  const entries = readConfig(parameters, () => newMac(world));
  const removed = (parameters["delete"] ?? "").split(/[,; ]+/).filter((key) => key !== "");
  const slots = driveSlotsIn(Object.keys(parameters));
  const requests = slots.map((slot) => {
    const drive = parseDrive(parameters[slot]!);
    return { slot, drive, request: readDriveRequest(host, slot, drive) };
  });
  if (entries["boot"] !== undefined) {
    const shown = { ...shownConfig(vm), ...entries, ...Object.fromEntries(slots.map((slot) => [slot, ""])) };
    checkBootOrder(Object.fromEntries(Object.entries(shown).filter(([key]) => !removed.includes(key))));
  }
  noteForeign(world, vm, "The program changed the config of");
  await world.clock.sleep(DURATIONS.changeConfig);

  for (const key of removed) remove(world, vm, key);
  for (const [key, value] of Object.entries(entries)) set(vm, key, value);
  for (const { slot, drive, request } of requests) await changeDrive(world, host, vm, slot, drive, request);
  world.note({
    kind: "vm-changed",
    subject: String(vmId),
    text: `The config of VM ${vmId} was changed${vm.pending ? `; waiting for its next start: ${Object.keys(vm.pending).join(", ")}` : ""}`,
    detail: {
      vmId,
      set: [...Object.keys(entries), ...slots],
      removed,
      pending: Object.keys(vm.pending ?? {}),
    },
  });
  await world.commit();
}

/** As GET config shows it: pending changes count as made [pve-docs: GET /nodes/{node}/qemu/{vmid}/config, `current`]. */
export function shownConfig(vm: VmState): Record<string, string | number> {
  const shown = { ...vm.config };
  for (const [key, value] of Object.entries(vm.pending ?? {})) {
    if (value === null) delete shown[key];
    else shown[key] = value;
  }
  return shown;
}

export function resizeDisk(world: World, hostName: string, vmId: number, slot: string, size: string): Task {
  const host = findHost(world, hostName);
  const vm = findVm(world, hostName, vmId);
  checkUnlocked(vm);
  const given = parseSize(size.replace(/^\+/, ""));
  if (given === undefined) refuseParameter("size", `value does not match the regex pattern`);
  const run = async (): Promise<string[]> => {
    const disk = vm.disks[slot];
    if (!disk) return refuse(`disk '${slot}' does not exist`);
    if (disk.media === "cdrom") refuse("you can't resize a cdrom");
    const wanted = size.startsWith("+") ? disk.sizeBytes + given : given;
    if (wanted < disk.sizeBytes) refuse("shrinking disks is not supported");
    if (wanted === disk.sizeBytes) return [];
    noteForeign(world, vm, `The program grew disk ${slot} of`);
    await world.clock.sleep(DURATIONS.resizeDisk);
    growTo(world, host, vm, slot, wanted);
    await world.commit();
    return [];
  };
  return { type: "resize", subject: String(vmId), host: hostName, run };
}

function set(vm: VmState, key: string, value: string | number): void {
  if (vm.power === "running" && !AT_ONCE.test(key) && vm.config[key] !== value) {
    vm.pending = { ...vm.pending, [key]: value };
    return;
  }
  vm.config[key] = value;
  settle(vm, key);
}

function remove(world: World, vm: VmState, key: string): void {
  if (/^unused\d+$/.test(key)) {
    loseDisk(world, vm, key);
    delete vm.config[key];
    return;
  }
  if (vm.config[key] === undefined) return settle(vm, key);
  const running = vm.power === "running";
  if (!isDriveSlot(key)) {
    if (running && !AT_ONCE.test(key)) vm.pending = { ...vm.pending, [key]: null };
    else {
      delete vm.config[key];
      settle(vm, key);
    }
    return;
  }
  if (running && bootDisks(vm.config).includes(key)) {
    refuseParameter(key, `hotplug problem - can't unplug bootdisk '${key}'`);
  }
  // IDE and SATA have no hotplug, and the firmware's variables cannot be pulled from under it.
  if (running && !/^(scsi|virtio)/.test(key)) vm.pending = { ...vm.pending, [key]: null };
  else {
    detach(world, vm, key);
    settle(vm, key);
  }
}

async function changeDrive(
  world: World,
  host: HostState,
  vm: VmState,
  slot: string,
  drive: Drive,
  request: ReturnType<typeof readDriveRequest>,
): Promise<void> {
  if (request.kind === "new" || request.kind === "cloudinit") {
    // What was in that slot is not overwritten: it is detached first.
    if (vm.disks[slot]) detach(world, vm, slot);
    await allocate(world, host, vm, slot, drive, request);
    settle(vm, slot);
    return;
  }
  if (request.kind === "cdrom") return set(vm, slot, [drive.volume, "media=cdrom"].join(","));

  const before = parseDrive(String(vm.config[slot] ?? ""));
  if (before.volume !== drive.volume) {
    const unused = Object.keys(vm.disks).find(
      (key) => /^unused/.test(key) && vm.config[key] === drive.volume,
    );
    if (!unused) return refuse(`volume '${drive.volume}' does not exist or does not belong to VM ${vm.vmId}`);
    if (vm.disks[slot]) detach(world, vm, slot);
    vm.disks[slot] = { ...vm.disks[unused]!, interface: slot };
    delete vm.disks[unused];
    delete vm.config[unused];
    vm.config[slot] = driveText(drive, vm.disks[slot].sizeBytes);
    return;
  }
  const line = driveText(drive, vm.disks[slot]!.sizeBytes);
  const restart = DRIVE_NEEDS_RESTART.some((key) => drive.options[key] !== before.options[key]);
  if (vm.power === "running" && restart) vm.pending = { ...vm.pending, [slot]: line };
  else {
    vm.config[slot] = line;
    settle(vm, slot);
  }
  // A stopped machine shows a new serial at its next start; so does a running one.
}

/** A value in force is no longer pending. */
function settle(vm: VmState, key: string): void {
  if (!vm.pending) return;
  delete vm.pending[key];
  if (Object.keys(vm.pending).length === 0) delete vm.pending;
}
