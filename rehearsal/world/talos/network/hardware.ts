/** What a machine has of a network before any operating system: its cards, and what cloud-init tells. */
import type { VmState } from "../../proxmox/state.ts";
import { bootDisk } from "../disks/boot-disk.ts";
import { parseNetworkDevice } from "../../proxmox/qemu/drive.ts";

export interface NetworkInterface {
  /** The name that Talos gives it. */
  name: string;
  mac: string;
  bridge: string;
  /** VLAN tag of the card; none: the bridge's own network. */
  vlan?: number;
  /** Driver in the guest. */
  driver: string;
}

/** Cards that Talos's kernel has a driver for; rtl8139 is not among them (siderolabs/pkgs: kernel/build/config-amd64). */
const DRIVERS: Record<string, string> = {
  virtio: "virtio_net",
  e1000: "e1000",
  e1000e: "e1000e",
  vmxnet3: "vmxnet3",
};

/**
 * The nocloud image boots with `net.ifnames=0` (talos: platform/nocloud/nocloud.go KernelArgs), so its cards are eth0, eth1 ... Others
 * get predictable names: netN sits in slot 18+N (qemu-server: PVE/QemuServer/PCI.pm, net0 => 18); on q35 behind a bridge that
 * the guest numbers as bus 6, on i440fx directly on bus 0, which systemd's naming calls ensN.
 */
export function interfacesOf(vm: VmState): NetworkInterface[] {
  const q35 = String(vm.config["machine"] ?? "").includes("q35");
  const content = bootDisk(vm)?.content;
  const plain = content?.kind === "talos" && content.image.platform === "nocloud";
  return Object.keys(vm.config)
    .filter((key) => /^net\d+$/.test(key))
    .sort((a, b) => Number(a.slice(3)) - Number(b.slice(3)))
    .map((key) => ({ key, device: parseNetworkDevice(String(vm.config[key])) }))
    .filter(({ device }) => device.model in DRIVERS)
    .map(({ key, device }, index) => {
      const slot = 18 + Number(key.slice(3));
      const tag = device.options["tag"];
      return {
        name: plain ? `eth${index}` : q35 ? `enp6s${slot}` : `ens${slot}`,
        mac: (device.mac ?? "").toUpperCase(),
        bridge: device.bridge ?? "",
        ...(tag !== undefined && { vlan: Number(tag) }),
        driver: DRIVERS[device.model]!,
      };
    });
}

/** What nocloud hands to a machine: its static address with the prefix length, and the gateway. */
export interface NocloudNetwork {
  cidr: string;
  gateway?: string;
}

/**
 * It takes a cloud-init drive that Talos finds: it looks for the label `cidata` (talos: platform/nocloud/metadata.go), which only the
 * type nocloud has; Proxmox makes configdrive2, labelled config-2, where the system is Windows or the type says so
 * (qemu-server: PVE/QemuServer/Cloudinit.pm, get_cloudinit_format). Without one Talos asks DHCP, and nobody in this homelab
 * knows what it then gets. A machine without a card that Talos can drive has no use for it either.
 */
export function nocloudNetwork(vm: VmState): NocloudNetwork | undefined {
  const drive = Object.values(vm.disks).some((disk) => disk.media === "cdrom");
  const windows = /^(w|win)/.test(String(vm.config["ostype"] ?? ""));
  const type = String(vm.config["citype"] ?? (windows ? "configdrive2" : "nocloud"));
  if (!drive || type !== "nocloud" || interfacesOf(vm).length === 0) return undefined;
  const line = String(vm.config["ipconfig0"] ?? "");
  const cidr = /(?:^|,)ip=([\d.]+\/\d+)/.exec(line)?.[1];
  const gateway = /(?:^|,)gw=([\d.]+)/.exec(line)?.[1];
  return cidr === undefined ? undefined : { cidr, ...(gateway !== undefined && { gateway }) };
}

/** The static address in it, alone. */
export function nocloudAddress(vm: VmState): string | undefined {
  return nocloudNetwork(vm)?.cidr.split("/", 1)[0];
}
