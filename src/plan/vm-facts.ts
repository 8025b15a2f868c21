/** A VM as the provider keeps it in the state, in the words of the configuration. Pure; the counterpart of vm-args.ts. */
import type { DiskFacts, MachineFacts } from "./facts.ts";
import { DATA_DISK_INTERFACE, extraDiskPlace, OS_DISK_INTERFACE } from "../disks.ts";
import { MIB_PER_GIB } from "../config/sizes.ts";

interface VmDisk {
  interface?: string;
  size?: number;
  datastoreId?: string;
  serial?: string;
}

interface Vm {
  nodeName?: string;
  vmId?: number;
  stopOnDestroy?: boolean;
  cpu?: { cores?: number };
  memory?: { dedicated?: number };
  networkDevices?: { bridge?: string; vlanId?: number; macAddress?: string }[];
  initialization?: {
    dns?: { servers?: string[] };
    ipConfigs?: { ipv4?: { address?: string; gateway?: string } }[];
  };
  disks?: VmDisk[];
}

/** A machine that was left half made may lack some of it, which then differs from whatever is wanted. */
export function machineFacts(name: string, outputs: Record<string, unknown>): MachineFacts {
  const vm = outputs as Vm;
  const [device] = vm.networkDevices ?? [];
  const disks = (vm.disks ?? []).filter((disk) => disk.interface !== undefined && disk.interface !== "");
  const at = (slot: string) => disks.find((disk) => disk.interface === slot);
  const data = at(DATA_DISK_INTERFACE);
  const ipv4 = vm.initialization?.ipConfigs?.[0]?.ipv4;
  const [address = "", prefixLength] = ipv4?.address?.split("/") ?? [];
  return {
    name,
    host: vm.nodeName ?? "",
    vmId: vm.vmId ?? 0,
    address,
    // A machine that retires is shut down instead.
    retiring: vm.stopOnDestroy === false,
    cores: vm.cpu?.cores ?? 0,
    memoryGiB: (vm.memory?.dedicated ?? 0) / MIB_PER_GIB,
    bridge: device?.bridge ?? "",
    // The provider reads an untagged card back as VLAN 0.
    ...(device?.vlanId && { vlan: device.vlanId }),
    ...(device?.macAddress && { macAddress: device.macAddress }),
    cloudInit: {
      prefixLength: Number(prefixLength ?? 0),
      gateway: ipv4?.gateway ?? "",
      nameservers: vm.initialization?.dns?.servers ?? [],
    },
    osDisk: diskFacts(at(OS_DISK_INTERFACE)),
    ...(data && { dataDisk: { ...diskFacts(data), serial: data.serial ?? "" } }),
    extraDisks: extraDisks(disks),
  };
}

/** By their slots, so that one that was detached leaves its place empty. */
function extraDisks(disks: VmDisk[]): (DiskFacts | undefined)[] {
  const places: (DiskFacts | undefined)[] = [];
  for (const disk of disks) {
    const place = extraDiskPlace(disk.interface ?? "");
    if (place !== undefined) places[place] = diskFacts(disk);
  }
  return Array.from(places);
}

function diskFacts(disk: VmDisk | undefined): DiskFacts {
  return { sizeGiB: disk?.size ?? 0, datastore: disk?.datastoreId ?? "" };
}
