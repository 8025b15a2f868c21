/** What a machine is made of before any operating system: the boot disk, network devices, and what cloud-init tells. */
import type { DiskState, VmState } from "../state.ts";
import { addressOf, parseNetworkDevice } from "../proxmox/drive.ts";

/** The disk that firmware boots from: the first one of `boot: order=...` that holds a Talos image. */
export function bootDisk(vm: VmState): DiskState | undefined {
  const order = /order=([^,]*)/.exec(String(vm.config["boot"] ?? ""))?.[1];
  const slots = order === undefined ? [String(vm.config["bootdisk"] ?? "scsi0")] : order.split(";");
  return slots.map((slot) => vm.disks[slot]).find((disk) => disk?.content.kind === "talos");
}

export interface NetworkInterface {
  /** The name Talos gives it: predictable names by PCI slot, `enp6s18` for net0 of a q35 machine. */
  name: string;
  mac: string;
  bridge: string;
  /** Driver in the guest. */
  driver: string;
}

const DRIVERS: Record<string, string> = {
  virtio: "virtio_net",
  e1000: "e1000",
  e1000e: "e1000e",
  vmxnet3: "vmxnet3",
};

/**
 * netN sits in slot 18+N (qemu-server: PVE/QemuServer/PCI.pm, net0 => 18); on q35 behind a bridge that the guest numbers
 * as bus 6, on i440fx directly on bus 0, which systemd's naming calls ensN.
 */
export function interfacesOf(vm: VmState): NetworkInterface[] {
  const q35 = String(vm.config["machine"] ?? "").includes("q35");
  return Object.keys(vm.config)
    .filter((key) => /^net\d+$/.test(key))
    .sort()
    .map((key) => {
      const device = parseNetworkDevice(String(vm.config[key]));
      const slot = 18 + Number(key.slice(3));
      return {
        name: q35 ? `enp6s${slot}` : `ens${slot}`,
        mac: (device.mac ?? "").toUpperCase(),
        bridge: device.bridge ?? "",
        driver: DRIVERS[device.model] ?? device.model,
      };
    });
}

/**
 * The static address that nocloud hands to the machine. It takes a cloud-init drive to hand it over; without one Talos
 * asks DHCP, and nobody in this homelab knows what it then gets.
 */
export function nocloudAddress(vm: VmState): string | undefined {
  const hasDrive = Object.values(vm.disks).some((disk) => disk.media === "cdrom");
  return hasDrive ? addressOf(String(vm.config["ipconfig0"] ?? "")) : undefined;
}
