/** Rights that depend on what a request says, which Proxmox asks for once its parameters are in order. */
import {
  parseDrive,
  parseNetworkDevice,
  isDriveSlot,
  type Drive,
} from "../../../world/proxmox/qemu/drive.ts";
import { ProxmoxError } from "../../../world/proxmox/errors.ts";
import type { Parameters } from "../../../world/proxmox/parameters.ts";
import type { World } from "../../../world/kernel/world.ts";
import { checkOptions } from "./options.ts";
import { denied, type Caller } from "./permission.ts";

interface Asked {
  world: World;
  caller: Caller;
  /** Of path, query and form together. */
  parameters: Parameters;
}

/** By method and path. */
export const BY_VALUE: Record<string, (asked: Asked) => void> = {
  "POST /nodes/{node}/qemu": checkCreation,
  "PUT /nodes/{node}/qemu/{vmid}/config": checkChange,
  "POST /nodes/{node}/qemu/{vmid}/config": checkChange,
  "PUT /nodes/{node}/qemu/{vmid}/resize": checkResize,
  "GET /nodes/{node}/storage/{storage}/content/{volume}": ({ caller, parameters }) =>
    checkVolume(caller, undefined, parameters["volume"]!),
  // pve-storage: API2/Storage/Content.pm, delete; backups, whose rule is another, are none of this world's.
  "DELETE /nodes/{node}/storage/{storage}/content/{volume}": ({ caller, parameters }) =>
    caller.demand(`/storage/${parameters["storage"]}`, "Datastore.Allocate"),
};

/** [qemu-server: API2/Qemu.pm, create_vm] */
function checkCreation({ caller, parameters }: Asked): void {
  const { vmid = "", storage, start } = parameters;
  const path = `/vms/${vmid}`;
  if (storage) caller.demand(`/storage/${storage}`, "Datastore.AllocateSpace");
  if (parameters["ha-managed"] === "1") caller.demand("/", "Sys.Console");
  if (start === "1") caller.demand(path, "VM.PowerMgmt");
  if (!caller.has(path, "VM.Allocate")) throw denied();
  checkStorage(caller, vmid, parameters);
  checkOptions(caller, vmid, Object.keys(parameters));
  checkSerials(caller, vmid, parameters);
  checkBridges(caller, parameters);
}

/** [qemu-server: API2/Qemu.pm, update_vm_api] */
function checkChange({ world, caller, parameters }: Asked): void {
  const { vmid = "", delete: removed = "" } = parameters;
  const removals = removed.split(/[,; ]+/).filter((name) => name !== "");
  checkOptions(caller, vmid, removals);
  checkOptions(caller, vmid, Object.keys(parameters));
  checkStorage(caller, vmid, parameters);
  checkBridges(caller, parameters);
  const config = world.state.proxmox.vms[vmid]?.config ?? {};
  for (const name of [...removals, ...Object.keys(parameters)]) {
    if (name === "tags") caller.demand(`/vms/${vmid}`, "VM.Config.Options");
    const before = config[name];
    for (const value of [before, parameters[name]]) {
      if (value !== undefined && isDriveSlot(name)) checkDrive(caller, vmid, parseDrive(String(value)));
    }
    if (before !== undefined && removals.includes(name)) checkBridges(caller, { [name]: String(before) });
  }
  checkSerials(caller, vmid, parameters);
}

function checkResize({ world, caller, parameters }: Asked): void {
  const { vmid = "", disk = "" } = parameters;
  const line = world.state.proxmox.vms[vmid]?.config[disk];
  if (line === undefined) return; // refused for another reason
  caller.demand(`/storage/${storageOf(parseDrive(String(line)).volume)}`, "Datastore.AllocateSpace");
}

function isCloudInit({ volume }: Drive): boolean {
  return volume === "cloudinit" || volume.endsWith(":cloudinit") || /:vm-\d+-cloudinit/.test(volume);
}

function checkDrive(caller: Caller, vmid: string, drive: Drive): void {
  const path = `/vms/${vmid}`;
  if (isCloudInit(drive)) caller.demand(path, "VM.Config.Cloudinit", "VM.Config.CDROM");
  else if (drive.options["media"] === "cdrom") caller.demand(path, "VM.Config.CDROM");
  else caller.demand(path, "VM.Config.Disk");
}

/** [qemu-server: API2/Qemu.pm, check_storage_access] */
function checkStorage(caller: Caller, vmid: string, parameters: Parameters): void {
  for (const [name, value] of Object.entries(parameters)) {
    if (!isDriveSlot(name)) continue;
    const { volume, options } = parseDrive(value);
    const inDrive = options["media"] === "cdrom";
    if (inDrive && volume === "cdrom") caller.demand("/", "Sys.Console");
    else if (!inDrive && /^([^:]+:)?\d+(\.\d+)?$/.test(volume)) {
      caller.demand(`/storage/${storageOf(volume)}`, "Datastore.AllocateSpace");
    } else if (!["", "none", "cloudinit"].includes(volume) && !volume.endsWith(":cloudinit")) {
      checkVolume(caller, vmid, volume);
    }
    const source = options["import-from"];
    if (source) checkVolume(caller, vmid, source);
  }
}

/** @param vmid The machine that wants it, if one does. [pve-storage: Storage.pm, check_volume_access] */
export function checkVolume(caller: Caller, vmid: string | undefined, volume: string): void {
  if (!volume.includes(":")) throw new ProxmoxError(500, "Only root can pass arbitrary filesystem paths.");
  const storage = `/storage/${storageOf(volume)}`;
  if (caller.has(storage, "Datastore.Allocate")) return;
  if (/:(iso|vztmpl|import)\//.test(volume)) {
    return caller.demandAny(storage, "Datastore.AllocateSpace", "Datastore.Audit");
  }
  const owner = /(?:vm|base)-(\d+)-/.exec(volume)?.[1];
  if (!owner) throw new ProxmoxError(500, `missing privileges to access ${volume}`);
  if (owner === vmid) return;
  caller.demand(storage, "Datastore.Audit");
  caller.demand(`/vms/${owner}`, "VM.Config.Disk");
}

function storageOf(volume: string): string {
  return volume.split(":")[0]!;
}

/** [qemu-server: API2/Qemu.pm, check_vm_create_serial_perm] */
function checkSerials(caller: Caller, vmid: string, parameters: Parameters): void {
  for (const [name, value] of Object.entries(parameters)) {
    if (!/^serial\d+$/.test(name)) continue;
    if (value !== "socket")
      throw new ProxmoxError(500, `only root can set '${name}' config for real devices`);
    caller.demand(`/vms/${vmid}`, "VM.Config.HWType");
  }
}

/** [qemu-server: QemuServer.pm, check_bridge_access; pve-guest-common: GuestHelpers.pm, check_vnet_access] */
function checkBridges(caller: Caller, parameters: Parameters): void {
  for (const [name, value] of Object.entries(parameters)) {
    if (!/^net\d+$/.test(name)) continue;
    const { bridge, options } = parseNetworkDevice(value);
    if (bridge === undefined) continue;
    const zone = `/sdn/zones/localnetwork/${bridge}`;
    const { tag, trunks } = options;
    if (tag) caller.demand(`${zone}/${tag}`, "SDN.Use");
    for (const each of trunks?.split(";") ?? []) caller.demand(`${zone}/${each}`, "SDN.Use");
    if (!tag && !trunks) caller.demand(zone, "SDN.Use");
  }
}
