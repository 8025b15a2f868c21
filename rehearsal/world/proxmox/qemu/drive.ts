/**
 * Proxmox's one-line forms: a drive (`local-lvm:vm-100-disk-1,iothread=1,size=32G`), its size, and a network device
 * (`virtio=BC:24:11:00:00:01,bridge=vmbr0`). Pure text in, values out, and back.
 */
import { GiB, MiB } from "../../kernel/units.ts";

export interface Drive {
  /** `local-lvm:vm-100-disk-1`; in a request also `local-lvm:40`, `local-lvm:0` and `local-lvm:cloudinit`. */
  volume: string;
  options: Record<string, string>;
}

/** Slots that hold drives, as `valid_disk_names` in qemu-server's Drive.pm orders them: volumes are allocated in that order. */
const DRIVE_SLOTS = [
  [/^ide[0-3]$/, 0],
  [/^scsi([0-9]|[12][0-9]|30)$/, 1],
  [/^virtio([0-9]|1[0-5])$/, 2],
  [/^sata[0-5]$/, 3],
  [/^efidisk0$/, 4],
  [/^tpmstate0$/, 5],
] as const;

export function isDriveSlot(key: string): boolean {
  return DRIVE_SLOTS.some(([pattern]) => pattern.test(key));
}

/** The drive slots among those keys, in the order Proxmox allocates them. */
export function driveSlotsIn(keys: string[]): string[] {
  const rank = (key: string): number => {
    const [, bus] = DRIVE_SLOTS.find(([pattern]) => pattern.test(key))!;
    return bus * 100 + Number(/\d+$/.exec(key)![0]);
  };
  return keys.filter(isDriveSlot).sort((a, b) => rank(a) - rank(b));
}

export function parseDrive(text: string): Drive {
  let volume = "";
  const options: Record<string, string> = {};
  for (const part of text.split(",").filter((part) => part !== "")) {
    const at = part.indexOf("=");
    if (at < 0) volume = part;
    else if (part.startsWith("file=")) volume = part.slice("file=".length);
    else options[part.slice(0, at)] = part.slice(at + 1);
  }
  return { volume, options };
}

/** Proxmox prints the volume first and the options in alphabetical order. */
export function formatDrive({ volume, options }: Drive): string {
  const pairs = Object.keys(options)
    .sort()
    .map((key) => `${key}=${options[key]}`);
  return [volume, ...pairs].join(",");
}

const UNITS: Record<string, number> = { "": 1, K: 1024, M: MiB, G: GiB, T: 1024 * GiB };

/** `32G`, `1246M`, or plain bytes; undefined when it is none of them. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)$/.exec(text);
  return match ? Math.floor(Number(match[1]) * UNITS[match[2]!]!) : undefined;
}

/** As qemu-server prints sizes: the largest unit up to G that divides them. */
export function formatSize(bytes: number): string {
  for (const unit of ["G", "M", "K"] as const) {
    if (bytes % UNITS[unit]! === 0) return `${bytes / UNITS[unit]!}${unit}`;
  }
  return String(bytes);
}

export interface NetworkDevice {
  model: string;
  mac?: string;
  bridge?: string;
  options: Record<string, string>;
}

const MODELS = ["virtio", "e1000", "e1000e", "rtl8139", "vmxnet3"];

export function parseNetworkDevice(text: string): NetworkDevice {
  const device: NetworkDevice = { model: "virtio", options: {} };
  for (const part of text.split(",").filter((part) => part !== "")) {
    const [key, value = ""] = part.split("=", 2) as [string, string?];
    if (MODELS.includes(key)) {
      device.model = key;
      if (value) device.mac = value.toUpperCase();
    } else if (key === "model") device.model = value;
    else if (key === "macaddr") device.mac = value.toUpperCase();
    else if (key === "bridge") device.bridge = value;
    else device.options[key] = value;
  }
  return device;
}

export function formatNetworkDevice({ model, mac, bridge, options }: NetworkDevice): string {
  const pairs = Object.keys(options)
    .sort()
    .map((key) => `${key}=${options[key]}`);
  return [`${model}=${mac}`, ...(bridge ? [`bridge=${bridge}`] : []), ...pairs].join(",");
}

/** The IPv4 address of `ip=192.168.1.126/24,gw=192.168.1.1`; undefined for dhcp or none. */
export function addressOf(ipConfig: string): string | undefined {
  const match = /(?:^|,)ip=(\d+\.\d+\.\d+\.\d+)/.exec(ipConfig);
  return match?.[1];
}

/** `local:import/talos.qcow2` -> `local`. */
export function datastoreOf(volume: string): string {
  return volume.slice(0, Math.max(volume.indexOf(":"), 0));
}
