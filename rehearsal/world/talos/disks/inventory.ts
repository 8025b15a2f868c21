/**
 * The disks of a machine as Talos reports them (`talosctl get disks`), with what the guest really sees: device letters by
 * the order of this boot, exact bytes, and a serial number on virtio-blk alone.
 *
 * Sources: go-blockdevice v2.0.20 block/device_linux.go (GetProperties, getTransport); talos v1.12.0
 * controllers/block/disks.go; talos#11348 and #12073 (no serial for SCSI disks under QEMU).
 */
import type { DiskState, VmState } from "../../proxmox/state.ts";
import type { MachineState } from "../state.ts";
import type { World } from "../../kernel/world.ts";
import { shuffled } from "../../kernel/random.ts";

export interface TalosDisk {
  devPath: string;
  sizeBytes: number;
  /** As Talos prints it: decimal, e.g. `34 GB`. */
  prettySize: string;
  ioSize: number;
  sectorSize: number;
  readonly: boolean;
  cdrom: boolean;
  model: string;
  serial: string;
  modalias: string;
  wwid: string;
  uuid: string;
  busPath: string;
  subSystem: string;
  transport: string;
  rotational: boolean;
  symlinks: string[];
  /** The world's disk; absent for loop devices and iSCSI. */
  diskId?: string;
  /** Name of the Longhorn volume, for an iSCSI disk. */
  iscsi?: string;
}

/**
 * Device names of one boot. The kernel probes devices in parallel, so letters promise nothing (talos#11288): each bus is
 * lettered in an order of its own at each boot, drawn from the world's seed.
 */
export function letterDevices(vm: VmState, seed: number, bootId: string): Record<string, string> {
  const names: Record<string, string> = {};
  for (const [prefix, disks] of Object.entries(buses(vm))) {
    shuffled(disks, seed, bootId, prefix).forEach((disk, index) => {
      names[`/dev/${prefix}${suffix(prefix, index)}`] = disk.id;
    });
  }
  return names;
}

/** Takes a disk that was plugged in or pulled out since the boot into account: a new one gets the next letter. */
export function refreshDevices(vm: VmState, machine: MachineState): void {
  const present = new Set(Object.values(vm.disks).map((disk) => disk.id));
  for (const [path, id] of Object.entries(machine.devices))
    if (!present.has(id)) delete machine.devices[path];
  const known = new Set(Object.values(machine.devices));
  for (const [prefix, disks] of Object.entries(buses(vm))) {
    for (const disk of disks.filter(({ id }) => !known.has(id)))
      machine.devices[freePath(prefix, machine)] = disk.id;
  }
}

/** The next unused device path with that prefix, such as `/dev/sdc`. */
export function freePath(prefix: string, machine: MachineState): string {
  const used = new Set([...Object.keys(machine.devices), ...machine.iscsi.map(({ devPath }) => devPath)]);
  for (let index = 0; ; index++) {
    const path = `/dev/${prefix}${suffix(prefix, index)}`;
    if (!used.has(path)) return path;
  }
}

/** All disks in the order in which Talos walks them: by device name (COSI lists resources by id). */
export function inventory(world: World, vmId: number): TalosDisk[] {
  const vm = world.state.proxmox.vms[vmId];
  const machine = world.state.machines[vmId];
  if (!vm || !machine) return [];
  refreshDevices(vm, machine);
  const disks = Object.entries(machine.devices).flatMap(([path, id]) => {
    const disk = Object.values(vm.disks).find((candidate) => candidate.id === id);
    return disk ? [describe(path, disk)] : [];
  });
  const volumes = machine.iscsi.map((volume) => ({
    ...base(volume.devPath, volume.sizeBytes),
    model: "VIRTUAL-DISK",
    transport: "iscsi",
    rotational: true,
    iscsi: volume.name,
  }));
  // The root filesystem and each extension are read-only images on loop devices, and Talos lists those as disks too.
  const loops = [ROOTFS_BYTES, ...machine.image.extensions.map(() => EXTENSION_BYTES)].map(
    (bytes, index) => ({
      ...base(`/dev/loop${index}`, bytes),
      readonly: true,
      busPath: "/virtual",
    }),
  );
  return [...loops, ...disks, ...volumes].sort((a, b) => (a.devPath < b.devPath ? -1 : 1));
}

const ROOTFS_BYTES = 74 * 1000 ** 2;
const EXTENSION_BYTES = 4096 * 200;

/** Decimal units with one digit below ten, as the library that Talos uses prints bytes (dustin/go-humanize Bytes). */
export function prettyBytes(bytes: number): string {
  if (bytes < 10) return `${bytes} B`;
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  const exponent = Math.min(Math.floor(Math.log(bytes) / Math.log(1000)), units.length - 1);
  const value = Math.floor((bytes / 1000 ** exponent) * 10 + 0.5) / 10;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${units[exponent]}`;
}

function buses(vm: VmState): Record<string, DiskState[]> {
  const found: Record<string, DiskState[]> = {};
  for (const disk of Object.values(vm.disks)) {
    const prefix = devicePrefix(disk);
    if (prefix) (found[prefix] ??= []).push(disk);
  }
  return found;
}

function devicePrefix(disk: DiskState): string | undefined {
  if (disk.media === "efi" || disk.interface.startsWith("tpmstate")) return undefined; // firmware's own, no block device
  if (disk.media === "cdrom") return "sr";
  return disk.interface.startsWith("virtio") ? "vd" : "sd";
}

function suffix(prefix: string, index: number): string {
  if (prefix === "sr") return String(index);
  return (
    (index >= 26 ? String.fromCharCode(96 + Math.floor(index / 26)) : "") +
    String.fromCharCode(97 + (index % 26))
  );
}

function base(devPath: string, sizeBytes: number): TalosDisk {
  return {
    devPath,
    sizeBytes,
    prettySize: prettyBytes(sizeBytes),
    ioSize: 512,
    sectorSize: 512,
    readonly: false,
    cdrom: false,
    model: "",
    serial: "",
    modalias: "",
    wwid: "",
    uuid: "",
    busPath: "",
    subSystem: "/sys/class/block",
    transport: "",
    rotational: false,
    symlinks: [],
  };
}

function describe(devPath: string, disk: DiskState): TalosDisk {
  const number = Number(/\d+$/.exec(disk.interface)?.[0] ?? 0);
  const common = { ...base(devPath, disk.sizeBytes), diskId: disk.id };
  if (disk.media === "cdrom") {
    return {
      ...common,
      cdrom: true,
      // QEMU's DVD drive cannot be written to, but the kernel does not flag it read-only.
      model: "QEMU DVD-ROM",
      transport: "sata",
      rotational: true,
      modalias: "scsi:t-0x05",
      busPath: "/pci0000:00/0000:00:1f.2/ata3/host2/target2:0:0/2:0:0:0",
    };
  }
  if (disk.interface.startsWith("virtio")) {
    const slot = (10 + number).toString(16).padStart(2, "0");
    const serial = disk.serial ?? "";
    return {
      ...common,
      serial,
      transport: "virtio",
      rotational: true,
      modalias: "virtio:d00000002v00001AF4",
      busPath: `/pci0000:00/0000:00:1e.0/0000:05:01.0/0000:06:${slot}.0/virtio${number + 2}`,
      symlinks: serial ? [`/dev/disk/by-id/virtio-${serial}`] : [],
    };
  }
  return {
    ...common,
    model: "QEMU HARDDISK",
    wwid: `t10.QEMU    QEMU HARDDISK   drive-${disk.interface}          `,
    transport: disk.interface.startsWith("scsi") ? "virtio" : "sata",
    rotational: true,
    modalias: "scsi:t-0x00",
    busPath: `/pci0000:00/0000:00:1e.0/0000:05:02.0/0000:09:01.0/virtio4/host${number + 6}/target${number + 6}:0:0/${number + 6}:0:0:0`,
    symlinks: [`/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_drive-${disk.interface}`],
  };
}
