import { expect, test } from "vitest";
import {
  addressOf,
  driveSlotsIn,
  formatDrive,
  formatNetworkDevice,
  formatSize,
  parseDrive,
  parseNetworkDevice,
  parseSize,
} from "../../../../rehearsal/world/proxmox/qemu/drive.ts";

test("a drive is read and printed with its options in order", () => {
  const drive = parseDrive("file=local-lvm:vm-100-disk-1,size=32G,iothread=1,");
  expect(drive).toEqual({ volume: "local-lvm:vm-100-disk-1", options: { size: "32G", iothread: "1" } });
  expect(formatDrive(drive)).toBe("local-lvm:vm-100-disk-1,iothread=1,size=32G");
});

test.each([
  ["32G", 34_359_738_368, "32G"],
  ["42949672960", 42_949_672_960, "40G"],
  ["1246M", 1_306_525_696, "1246M"],
  ["528K", 540_672, "528K"],
  ["2T", 2_199_023_255_552, "2048G"],
  ["1.5G", 1_610_612_736, "1536M"],
  ["1000", 1000, "1000"],
])("size %s", (text, bytes, printed) => {
  expect(parseSize(text)).toBe(bytes);
  expect(formatSize(bytes)).toBe(printed);
});

test.each(["", "big", "-1G", "32 G"])("%j is no size", (text) => expect(parseSize(text)).toBeUndefined());

test("slots are found and put in the order of allocation", () => {
  expect(
    driveSlotsIn(["efidisk0", "scsihw", "virtio1", "scsi10", "scsi2", "ide2", "virtio16", "net0"]),
  ).toEqual(["ide2", "scsi2", "scsi10", "virtio1", "efidisk0"]);
});

test("a network device comes in the form of a request and goes in the form of a config", () => {
  const device = parseNetworkDevice("model=virtio,bridge=vmbr0,firewall=0,macaddr=bc:24:11:00:00:01,tag=20");
  expect(formatNetworkDevice(device)).toBe("virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=0,tag=20");
  expect(parseNetworkDevice(formatNetworkDevice(device))).toEqual(device);
});

test.each([
  ["gw=192.168.1.1,ip=192.168.1.126/24", "192.168.1.126"],
  ["ip=dhcp", undefined],
  ["gw=192.168.1.1", undefined],
])("the address of %s", (text, address) => expect(addressOf(text)).toBe(address));
