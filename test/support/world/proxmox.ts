/** A small Proxmox for unit tests: two hosts, a foreign machine, a clock that jumps, and a record of machine calls. */
import { grant } from "../../../rehearsal/api/proxmox/access/grants.ts";
import type { Places } from "../../../rehearsal/api/proxmox/access/grants.ts";
import { registerSchematic } from "../../../rehearsal/world/factory/images.ts";
import { download } from "../../../rehearsal/world/proxmox/storage/files.ts";
import { installHardware, type Hardware } from "../../../rehearsal/world/proxmox/hardware/hosts.ts";
import type { Parameters } from "../../../rehearsal/world/proxmox/parameters.ts";
import type { Task } from "../../../rehearsal/world/proxmox/task.ts";
import { createVm } from "../../../rehearsal/world/proxmox/qemu/vms.ts";
import type { Systems, World } from "../../../rehearsal/world/kernel/world.ts";
import { talosLifecycle } from "../../../rehearsal/world/talos/lifecycle.ts";
import { testWorld } from "./world.ts";

export const EXTENSIONS = [
  "siderolabs/iscsi-tools",
  "siderolabs/qemu-guest-agent",
  "siderolabs/util-linux-tools",
];

export const SCHEMATIC = `customization: {systemExtensions: {officialExtensions: [${EXTENSIONS.join(", ")}]}}`;

export const SCHEMATIC_ID = "88d1f7a5c4f1d3aba7df787c448c1d3d008ed29cfb34af53fa0df4336a56040b";

export const IMAGE_URL = `https://factory.talos.dev/image/${SCHEMATIC_ID}/v1.12.0/nocloud-amd64.qcow2`;

export const HARDWARE: Hardware = {
  hosts: ["pve1", "pve2"].map((name) => ({
    name,
    cpus: 8,
    memoryGiB: 32,
    bridges: ["vmbr0"],
    datastores: [
      {
        name: "local",
        type: "dir",
        content: ["iso", "vztmpl", "backup", "import", "snippets"],
        sizeGiB: 100,
      },
      { name: "local-lvm", type: "lvmthin", content: ["images", "rootdir"], sizeGiB: 200 },
      { name: "tank", type: "zfspool", content: ["images", "rootdir"], sizeGiB: 100 },
    ],
  })),
  foreignVms: [
    {
      vmId: 900,
      name: "nas",
      host: "pve1",
      address: "192.168.1.50",
      macAddress: "BC:24:11:AA:AA:AA",
      disks: [{ datastore: "local-lvm", sizeGiB: 64 }],
    },
  ],
};

/** Where a homelab on this hardware would lie. */
export const PLACES: Places = { images: ["local"], disks: ["local-lvm", "tank"], bridges: ["vmbr0"] };

export interface Fixture {
  world: World;
  /** What the machines' systems were told, e.g. `on 100`. */
  calls: string[];
}

export function fixture(hardware: Hardware = HARDWARE): Fixture {
  const calls: string[] = [];
  const note = (call: string): Promise<void> => Promise.resolve(void calls.push(call));
  const lifecycle: Systems["lifecycle"] = {
    ...talosLifecycle,
    powerOn: (_, vmId) => note(`on ${vmId}`),
    powerOff: (_, vmId, how) => note(`${how} ${vmId}`),
    destroyed: (_, vmId) => note(`destroyed ${vmId}`),
  };
  const world = testWorld({ seed: 7 }, { lifecycle });
  world.state.proxmox = installHardware(hardware, world);
  return { world, calls };
}

export function vmParameters(changes: Record<string, string | undefined> = {}): Parameters {
  const all = {
    vmid: "100",
    name: "cp-1",
    cores: "2",
    memory: "4096",
    bios: "ovmf",
    efidisk0: "file=local-lvm:1,format=raw,efitype=4m,pre-enrolled-keys=0",
    scsi0: "file=local-lvm:0,import-from=local:import/talos.qcow2,size=34359738368,iothread=1",
    virtio1: "file=local-lvm:40,serial=data-100,size=42949672960",
    ide2: "file=local-lvm:cloudinit",
    net0: "model=virtio,bridge=vmbr0,macaddr=BC:24:11:00:01:00",
    ipconfig0: "gw=192.168.1.1,ip=192.168.1.126/24",
    boot: "order=scsi0",
    ...changes,
  };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

export async function withImage(world: World, host = "pve1"): Promise<void> {
  registerSchematic(world, SCHEMATIC);
  await download(world, host, "local", { content: "import", fileName: "talos.qcow2", url: IMAGE_URL }).run();
}

/** A world in which VM 100 exists on pve1. */
export async function withVm(changes: Record<string, string | undefined> = {}): Promise<Fixture> {
  const made = fixture();
  await withImage(made.world);
  await createVm(made.world, "pve1", vmParameters(changes)).run();
  return made;
}

/** The refusal's words, parameters included, whether it comes at once or from the task. */
export async function refusal(act: () => Task | Promise<unknown>): Promise<string> {
  try {
    const result = act();
    await ("run" in result ? result.run() : result);
  } catch (error) {
    const { message, parameters = {} } = error as Error & { parameters?: Record<string, string> };
    return [message, ...Object.entries(parameters).map(([name, text]) => `${name}: ${text}`)].join(" ");
  }
  return "(no refusal)";
}

export const kinds = (world: World): string[] => world.state.events.map(({ kind }) => kind);

export const PROVIDER_TOKEN = "rehearsal@pve!homelab";

/** What the README grants, over every datastore and bridge of this hardware. */
export const PROVIDER_ACCESS = grant(PROVIDER_TOKEN, {
  images: ["local", "nvme"],
  disks: ["local", "local-lvm", "tank", "nfs"],
  bridges: ["vmbr0"],
});
