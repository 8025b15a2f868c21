/**
 * A VM's parameters as a request sends them: checked as Proxmox's schema checks them, and brought into the form its
 * config file keeps. Only keys whose form matters here are looked into; the rest is kept as it was sent.
 */
import { formatNetworkDevice, parseNetworkDevice, isDriveSlot } from "./qemu/drive.ts";
import { refuse, refuseParameter } from "./errors.ts";

/** In a request, but never in a config. */
const NOT_CONFIG = [
  "vmid",
  "pool",
  "force",
  "archive",
  "storage",
  "unique",
  "bwlimit",
  "start",
  "delete",
  "digest",
  "skiplock",
  "revert",
];

/** Stored as numbers: integers and booleans of qemu-server's schema (its clients decode them as JSON numbers). */
const NUMERIC = new Set(
  (
    "acpi autostart balloon ciupgrade cores cpulimit cpuunits freeze keephugepages kvm localtime memory migrate_downtime " +
    "migrate_speed numa onboot protection reboot shares sockets tablet tdf template vcpus"
  ).split(" "),
);

const NAME =
  /^(?=.{1,253}$)[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;
const TAG = /^[a-z0-9_][a-z0-9_\-+.]*$/i;
const MAC = /^[0-9A-F]{2}(:[0-9A-F]{2}){5}$/;
const IPV4_NETWORK = /^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/;

export type Parameters = Record<string, string>;

/** The config entries that a request sets, drives left out. `newMac` gives the address of a device without one. */
export function readConfig(parameters: Parameters, newMac: () => string): Record<string, string | number> {
  const config: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(parameters)) {
    if (NOT_CONFIG.includes(key) || isDriveSlot(key)) continue;
    config[key] = readValue(key, value, newMac);
  }
  return config;
}

function readValue(key: string, value: string, newMac: () => string): string | number {
  if (NUMERIC.has(key)) {
    const number = Number(value);
    if (value.trim() === "" || !Number.isFinite(number)) {
      refuseParameter(key, `type check ('integer') failed - got '${value}'`);
    }
    return number;
  }
  if (key === "name" && !NAME.test(value)) {
    refuseParameter(key, `invalid format - value does not look like a valid DNS name`);
  }
  if (key === "tags") return readTags(value);
  // Kept as comment lines, whose end is trimmed when they are read back [qemu-server: QemuServer.pm, parse_vm_config].
  if (key === "description") return value.trimEnd();
  if (/^net\d+$/.test(key)) return readNetworkDevice(key, value, newMac);
  if (/^ipconfig\d+$/.test(key)) checkIpConfig(key, value);
  return value;
}

/** Lower case, each once, sorted, separated by `;` [pve-guest-common: GuestHelpers.pm, get_unique_tags]. */
function readTags(value: string): string {
  const tags = value.split(/[;, ]+/).filter((tag) => tag !== "");
  const wrong = tags.find((tag) => !TAG.test(tag));
  if (wrong) refuseParameter("tags", `invalid format - invalid characters in tag`);
  return [...new Set(tags.map((tag) => tag.toLowerCase()))].sort().join(";");
}

function readNetworkDevice(key: string, value: string, newMac: () => string): string {
  const device = parseNetworkDevice(value);
  device.mac ??= newMac();
  if (!MAC.test(device.mac) || parseInt(device.mac.slice(0, 2), 16) & 1) {
    refuseParameter(
      key,
      `invalid format - format error\nmacaddr: value does not look like a valid unicast MAC address`,
    );
  }
  return formatNetworkDevice(device);
}

function checkIpConfig(key: string, value: string): void {
  const address = /(?:^|,)ip=([^,]*)/.exec(value)?.[1];
  if (address !== undefined && address !== "dhcp" && !IPV4_NETWORK.test(address)) {
    refuseParameter(
      key,
      `invalid format - format error\nip: value does not look like a valid ipv4 network configuration`,
    );
  }
}

/** Devices in a changed boot order must exist; at creation nobody asks [qemu-server: API2/Qemu.pm, update_vm_api]. */
export function checkBootOrder(config: Record<string, string | number | null>): void {
  const order = /order=([^,]*)/.exec(String(config["boot"] ?? ""))?.[1];
  for (const device of order?.split(";").filter((name) => name !== "") ?? []) {
    if (config[device] === undefined || config[device] === null) {
      refuse(`invalid bootorder: device '${device}' does not exist'`);
    }
  }
}

export function bootDisks(config: Record<string, string | number>): string[] {
  const order = /order=([^,]*)/.exec(String(config["boot"] ?? ""))?.[1];
  return order?.split(";").filter(isDriveSlot) ?? [];
}
