/**
 * VM disks: making, importing, growing, detaching, losing them. The only place where a disk comes into being, and
 * where its first content is set: blank, or what the imported image holds.
 */
import type { DatastoreState, DiskState, HostState, StoredFile, VmState } from "../state.ts";
import type { World } from "../../kernel/world.ts";
import { datastoreOf, formatDrive, formatSize, parseDrive, type Drive } from "./drive.ts";
import { DURATIONS } from "../durations.ts";
import { refuse, refuseParameter } from "../errors.ts";
import { findDatastore, findDiskDatastore } from "../lookup.ts";
import { claim } from "../storage/space.ts";
import { STORE_TYPES } from "../storage/types.ts";
import { GiB, MiB } from "../../kernel/units.ts";

const KiB = 1024;
const NEW_DISK = /^[^:]+:(\d+(?:\.\d+)?)$/;

export type DriveRequest =
  | { kind: "new"; datastore: DatastoreState; sizeBytes: number; importFrom?: string }
  | { kind: "cloudinit"; datastore: DatastoreState }
  /** A volume that exists: options change, or a detached disk is attached. */
  | { kind: "existing" }
  /** An empty CD drive or an ISO file. */
  | { kind: "cdrom" };

/** What a drive in a request asks for. Refuses at once what Proxmox checks before it starts a task. */
export function readDriveRequest(host: HostState, slot: string, drive: Drive): DriveRequest {
  if (drive.options["serial"] && drive.options["serial"].length > 60) {
    refuseParameter(slot, "invalid format - format error\n" + "serial: value may only be 60 characters long");
  }
  if (drive.volume === "none" || drive.volume === "cdrom") return { kind: "cdrom" };
  if (drive.options["media"] === "cdrom" && /:iso\//.test(drive.volume)) {
    const datastore = findDatastore(host, datastoreOf(drive.volume));
    if (!datastore.files[drive.volume]) refuse(`volume '${drive.volume}' does not exist`);
    return { kind: "cdrom" };
  }
  if (drive.volume.endsWith(":cloudinit")) {
    return { kind: "cloudinit", datastore: findDiskDatastore(host, datastoreOf(drive.volume)) };
  }
  const size = NEW_DISK.exec(drive.volume);
  if (!size) return { kind: "existing" };
  const importFrom = drive.options["import-from"];
  if (importFrom !== undefined) checkImportSource(host, slot, importFrom);
  const datastore = findDiskDatastore(host, datastoreOf(drive.volume));
  return {
    kind: "new",
    datastore,
    sizeBytes: Number(size[1]) * GiB,
    ...(importFrom === undefined ? {} : { importFrom }),
  };
}

/** The source must be a volume of a type that can be imported; whether it exists shows in the task. */
function checkImportSource(host: HostState, slot: string, source: string): void {
  const [, type] = /^[^:]+:([^/]+)\//.exec(source) ?? [];
  if (type !== "import" && !/^[^:]+:(\d+\/)?vm-\d+-disk-\d+/.test(source)) {
    refuseParameter(
      slot,
      `${source} has wrong type '${type ?? "unknown"}' - needs to be 'images' or 'import'`,
    );
  }
  findDatastore(host, datastoreOf(source));
}

/** Makes the volume, and enters it in the machine's config and disks. */
export async function allocate(
  world: World,
  host: HostState,
  vm: VmState,
  slot: string,
  drive: Drive,
  request: DriveRequest & { kind: "new" | "cloudinit" },
): Promise<DiskState> {
  const { datastore } = request;
  const { format: wanted, size: _, "import-from": __, ...options } = drive.options;
  const format = wanted ?? "raw";
  const facts = STORE_TYPES[datastore.type];
  if (!facts.formats.includes(format))
    refuse(`unsupported format '${format}' on storage '${datastore.name}'`);

  const disk: DiskState = {
    id: world.nextId("disk"),
    interface: slot,
    datastore: datastore.name,
    sizeBytes: 0,
    media: "disk",
    content: { kind: "blank" },
    ...(options["serial"] ? { serial: options["serial"] } : {}),
  };
  let volume = `vm-${vm.vmId}-disk-${nextNumber(vm, datastore.name)}`;
  if (request.kind === "cloudinit") {
    // A cloud-init drive is a CD of 4 MiB [qemu-server: Cloudinit.pm, CLOUDINIT_DISK_SIZE].
    Object.assign(disk, { media: "cdrom", sizeBytes: 4 * MiB });
    options["media"] = "cdrom";
    volume = `vm-${vm.vmId}-cloudinit`;
  } else if (slot === "efidisk0" || slot === "tpmstate0") {
    // Its size follows from its type, whatever was asked for [qemu-server: OVMF.pm].
    const wantedBytes = slot === "tpmstate0" ? 4 * MiB : 528 * KiB;
    const sizeBytes = Math.ceil(wantedBytes / facts.grain) * facts.grain;
    Object.assign(disk, { media: "efi", sizeBytes });
  } else if (request.importFrom !== undefined) {
    const file = findImportable(host, request.importFrom);
    disk.sizeBytes = file.virtualBytes!;
    disk.content = { kind: "talos", image: structuredClone(file.image!), partitions: [] };
    claim(world, host, datastore, disk.sizeBytes, file.sizeBytes);
    await world.clock.sleep(file.sizeBytes / DURATIONS.importRate);
  } else {
    if (request.sizeBytes <= 0)
      refuse(`unable to allocate a volume of size 0 on storage '${datastore.name}'`);
    disk.sizeBytes = request.sizeBytes;
  }
  if (disk.content.kind === "blank") claim(world, host, datastore, disk.sizeBytes, 0);
  await world.clock.sleep(DURATIONS.allocateDisk);

  const path = facts.files
    ? `${vm.vmId}/${volume}.${request.kind === "cloudinit" ? "qcow2" : format}`
    : volume;
  vm.disks[slot] = disk;
  vm.config[slot] = driveText({ volume: `${datastore.name}:${path}`, options }, disk.sizeBytes);
  return disk;
}

function findImportable(host: HostState, source: string): StoredFile {
  const file = findDatastore(host, datastoreOf(source)).files[source];
  if (!file) return refuse(`volume '${source}' does not exist`);
  if (!file.image || file.virtualBytes === undefined) return refuse(`'${source}' holds no disk image`);
  return file;
}

/** The config line of a drive, with its true size. */
export function driveText(drive: Drive, sizeBytes: number): string {
  const { format: _, "import-from": __, ...options } = drive.options;
  return formatDrive({ volume: drive.volume, options: { ...options, size: formatSize(sizeBytes) } });
}

/** Grows a disk; what is on it stays as it is. */
export function growTo(world: World, host: HostState, vm: VmState, slot: string, sizeBytes: number): void {
  const disk = vm.disks[slot]!;
  const from = disk.sizeBytes;
  claim(world, host, host.datastores[disk.datastore]!, sizeBytes - from, 0);
  disk.sizeBytes = sizeBytes;
  for (const config of [vm.config, vm.pending ?? {}]) {
    const line = config[slot];
    if (typeof line === "string") config[slot] = driveText(parseDrive(line), sizeBytes);
  }
  world.note({
    kind: "disk-resized",
    subject: disk.id,
    text: `Disk ${slot} of VM ${vm.vmId} grew from ${formatSize(from)} to ${formatSize(sizeBytes)}`,
    detail: { vmId: vm.vmId, slot, from, to: sizeBytes },
  });
}

/** A detached disk keeps its content under the next `unusedN` [qemu-server: vmconfig_register_unused_drive]. */
export function detach(world: World, vm: VmState, slot: string): void {
  const disk = vm.disks[slot];
  const line = vm.config[slot];
  delete vm.config[slot];
  if (!disk || line === undefined) return;
  delete vm.disks[slot];
  // A cloud-init drive is made again from the config whenever it is needed, so nothing of it is kept.
  if (disk.media === "cdrom") return;
  let number = 0;
  while (vm.config[`unused${number}`] !== undefined) number++;
  const unused = `unused${number}`;
  vm.config[unused] = parseDrive(String(line)).volume;
  vm.disks[unused] = { ...disk, interface: unused };
  world.note({
    kind: "vm-changed",
    subject: String(vm.vmId),
    severity: disk.content.kind === "blank" ? "info" : "warning",
    text: `Disk ${slot} of VM ${vm.vmId} was detached; its content stays on ${unused}`,
    detail: { diskId: disk.id, slot, unused },
  });
}

/** The end of a disk and of all that is on it. */
export function loseDisk(world: World, vm: VmState, slot: string): void {
  const disk = vm.disks[slot];
  delete vm.disks[slot];
  if (!disk || disk.media !== "disk") return;
  const { content } = disk;
  const labels = "partitions" in content ? content.partitions.map(({ label }) => label) : [];
  const hadData = content.kind === "foreign" || labels.length > 0;
  world.note({
    kind: "disk-lost",
    subject: disk.id,
    severity: vm.foreign ? "catastrophe" : hadData ? "warning" : "info",
    text: `Disk ${slot} of VM ${vm.vmId} is gone${hadData ? ", with its data" : ""}`,
    detail: { vmId: vm.vmId, slot, sizeBytes: disk.sizeBytes, content: content.kind, labels },
  });
}

function nextNumber(vm: VmState, datastore: string): number {
  const lines = [...Object.values(vm.config), ...Object.values(vm.pending ?? {})].map(String);
  let number = 0;
  const taken = (): boolean =>
    lines.some((line) => new RegExp(`^${datastore}:(\\d+/)?vm-${vm.vmId}-disk-${number}\\b`).test(line));
  while (taken()) number++;
  return number;
}
