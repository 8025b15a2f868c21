/** Machines come and go. Checks, words and their order follow qemu-server (API2/Qemu.pm: create_vm, destroy_vm). */
import { createHash } from "node:crypto";
import type { HostState, VmState } from "../state.ts";
import type { World } from "../../kernel/world.ts";
import { allocate, driveText, loseDisk, readDriveRequest } from "./disks.ts";
import { driveSlotsIn, formatDrive, parseDrive } from "./drive.ts";
import { DURATIONS } from "../durations.ts";
import { refuse, refuseParameter, sentence } from "../errors.ts";
import { guestWithId } from "./guests.ts";
import { checkUnlocked, findHost, findVm, nameOf, noteForeign } from "../lookup.ts";
import { readConfig, type Parameters } from "../parameters.ts";
import { start } from "./power.ts";
import { STORE_TYPES } from "../storage/types.ts";
import type { Task } from "../task.ts";

export function createVm(world: World, hostName: string, parameters: Parameters): Task {
  const host = findHost(world, hostName);
  const vmId = Number(parameters["vmid"]);
  if (!Number.isInteger(vmId) || vmId < 100 || vmId > 999_999_999) {
    refuseParameter("vmid", `invalid format - value does not look like a valid VM ID`);
  }
  const entries = readConfig(parameters, () => newMac(world));
  const slots = driveSlotsIn(Object.keys(parameters));
  const drives = slots.map((slot) => {
    const drive = parseDrive(parameters[slot]!);
    return { slot, drive, request: readDriveRequest(host, slot, drive) };
  });

  // One id space for the whole cluster, whichever node is asked [pve-cluster: check_vmid_unused].
  const existing = guestWithId(world.state.proxmox, vmId);
  if (existing) {
    const kind = existing.kind === "qemu" ? "VM" : "CT";
    refuse(`unable to create VM ${vmId} - ${kind} ${vmId} already exists on node '${existing.host}'`);
  }
  // The config file exists, locked, from the first moment: nobody else can take the id meanwhile.
  const vm: VmState = {
    vmId,
    host: hostName,
    power: "stopped",
    disks: {},
    config: {
      ...entries,
      meta: `creation-qemu=10.1.2,ctime=${Math.round(1_767_225_600 + world.clock.now())}`,
      // Made up only where none was given [qemu-server: PVE/API2/Qemu.pm, create_vm].
      smbios1: entries["smbios1"] ?? `uuid=${uuid(world, "smbios", vmId)}`,
      vmgenid: uuid(world, "vmgenid", vmId),
      lock: "create",
    },
  };
  world.state.proxmox.vms[vmId] = vm;

  const run = async (): Promise<string[]> => {
    try {
      await world.clock.sleep(DURATIONS.createVm);
      for (const { slot, drive, request } of drives) {
        if (request.kind === "new" || request.kind === "cloudinit")
          await allocate(world, host, vm, slot, drive, request);
        else if (request.kind === "cdrom") vm.config[slot] = formatDrive(drive);
        else attachExisting(vm, slot, parameters[slot]!);
      }
    } catch (error) {
      // A machine that could not be made leaves nothing behind.
      delete world.state.proxmox.vms[vmId];
      await world.commit();
      return refuse(`unable to create VM ${vmId} - ${sentence(error)}`);
    }
    delete vm.config["lock"];
    world.note({
      kind: "vm-created",
      subject: String(vmId),
      text: `VM ${vmId} (${nameOf(vm)}) exists on ${hostName}`,
      detail: { vmId, host: hostName, name: nameOf(vm), disks: summary(vm) },
    });
    await world.commit();
    return parameters["start"] === "1" ? await start(world, hostName, vmId).run() : [];
  };
  return { type: "qmcreate", subject: String(vmId), host: hostName, run };
}

function attachExisting(vm: VmState, slot: string, line: string): never {
  const { volume } = parseDrive(line);
  return refuse(`volume '${volume}' does not exist or does not belong to VM ${vm.vmId} (${slot})`);
}

export function destroyVm(world: World, hostName: string, vmId: number): Task {
  const vm = findVm(world, hostName, vmId);
  checkUnlocked(vm);
  if (Number(vm.config["protection"] ?? 0) === 1) refuse(`can't remove VM ${vmId} - protection mode enabled`);
  if (vm.power === "running") refuse(`VM ${vmId} is running - destroy failed`);

  const run = async (): Promise<string[]> => {
    noteForeign(world, vm, "The program deleted");
    await world.clock.sleep(DURATIONS.deleteVm);
    if (!vm.foreign) await world.systems.lifecycle.destroyed(world, vmId);
    for (const slot of Object.keys(vm.disks)) loseDisk(world, vm, slot);
    delete world.state.proxmox.vms[vmId];
    world.note({
      kind: "vm-deleted",
      subject: String(vmId),
      text: `VM ${vmId} (${nameOf(vm)}) is gone from ${hostName}`,
      detail: { vmId, host: hostName, name: nameOf(vm) },
    });
    await world.commit();
    return [];
  };
  return { type: "qmdestroy", subject: String(vmId), host: hostName, run };
}

/** A rehearsal that was killed took its Proxmox along: machines that were half made are cleared away, as an admin would. */
export function clearInterrupted(world: World): void {
  for (const vm of Object.values(world.state.proxmox.vms)) {
    if (vm.config["lock"] !== "create") continue;
    for (const slot of Object.keys(vm.disks)) loseDisk(world, vm, slot);
    delete world.state.proxmox.vms[vm.vmId];
    world.note({
      kind: "vm-deleted",
      subject: String(vm.vmId),
      severity: "warning",
      text: `VM ${vm.vmId} on ${vm.host} was still being created when the last run was cut off; it was cleared away`,
    });
  }
}

/** The lowest free id, as the GUI proposes it. */
export function nextVmId(world: World): number {
  let vmId = 100;
  while (guestWithId(world.state.proxmox, vmId)) vmId++;
  return vmId;
}

/** A disk of a machine that the homelab already had: there from the start, full of its owner's data. */
export function addForeignDisk(
  world: { nextId(prefix: string): string },
  host: HostState,
  vm: VmState,
  slot: string,
  datastoreName: string,
  sizeBytes: number,
): void {
  const datastore = host.datastores[datastoreName]!;
  const volume = `vm-${vm.vmId}-disk-${Object.keys(vm.disks).length}`;
  const path = STORE_TYPES[datastore.type].files ? `${vm.vmId}/${volume}.raw` : volume;
  vm.disks[slot] = {
    id: world.nextId("disk"),
    interface: slot,
    datastore: datastoreName,
    sizeBytes,
    media: "disk",
    content: { kind: "foreign", what: "another system's data" },
  };
  vm.config[slot] = driveText({ volume: `${datastoreName}:${path}`, options: {} }, sizeBytes);
}

/** In Proxmox's own range, BC:24:11, from the world's seed [pve-common: Tools.pm, random_ether_addr]. */
export function newMac(world: World): string {
  const hash = createHash("sha256")
    .update(`${world.state.seed}/${world.nextId("mac")}`)
    .digest("hex")
    .toUpperCase();
  return `BC:24:11:${hash.slice(0, 2)}:${hash.slice(2, 4)}:${hash.slice(4, 6)}`;
}

function uuid(world: World, what: string, vmId: number): string {
  const hash = createHash("sha256")
    .update(`${world.state.seed}/${what}/${vmId}/${world.nextId("uuid")}`)
    .digest("hex");
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

function summary(vm: VmState): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(vm.disks).map(([slot, disk]) => [
      slot,
      {
        id: disk.id,
        datastore: disk.datastore,
        sizeBytes: disk.sizeBytes,
        content: disk.content.kind,
        serial: disk.serial,
      },
    ]),
  );
}
