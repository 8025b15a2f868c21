/**
 * The real engine and the real provider code over the simulated Proxmox, with a program of this test's own: one image
 * and two machines as the homelab makes them, and a knob for everything that a test changes.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as proxmox from "@muhlba91/pulumi-proxmoxve";
import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation/index.js";
import { grant, GRANTS, START_ORDER, type Places } from "../../../rehearsal/api/proxmox/access/grants.ts";
import { serveProxmox, type ProxmoxServer } from "../../../rehearsal/api/proxmox/server.ts";
import type { World } from "../../../rehearsal/world/kernel/world.ts";
import { registerSchematic } from "../../../rehearsal/world/factory/images.ts";
import { installHardware } from "../../../rehearsal/world/proxmox/hardware/hosts.ts";
import { testEngine } from "../support/engine.ts";
import { fixture, HARDWARE, IMAGE_URL, SCHEMATIC } from "../../support/world/proxmox.ts";
import { runningWorld } from "../../support/world/world.ts";

/** Whatever a test declares on the way: nothing here is about rights. */
const places: Places = {
  images: ["local", "nvme"],
  disks: ["local", "local-lvm", "tank"],
  bridges: ["vmbr0"],
};

/** What the provider could do with more rights than the README grants. */
const MIGRATION = { role: "Migration", privileges: ["VM.Migrate"], paths: () => ["/vms"], propagate: true };

const TOKEN = "rehearsal@pve!homelab=00000000-0000-0000-0000-000000000001";

/** What a test may change about one machine. */
export type MachineChanges = Partial<proxmox.VmLegacyArgs> & {
  osGiB?: number;
  dataGiB?: number;
  extraDisk?: boolean;
  /** Of all its disks. */
  datastore?: string;
};

export interface LabSettings {
  url: string;
  imageDatastore: string;
  token: string;
  /** Default: true, the server's certificate is nobody's. */
  insecure?: boolean;
  /** Default: the speed of every disk. */
  ignoreChanges?: string[];
  /** By name; absent machines are not declared. */
  machines: Record<string, MachineChanges>;
}

export interface Lab {
  /** Of the Proxmox API. */
  endpoint: string;
  stack: Stack;
  world: World;
  calls: string[];
  settings: LabSettings;
  preview(): Promise<Record<string, number>>;
  up(): Promise<Record<string, number>>;
  refresh(): Promise<Record<string, number>>;
  destroy(): Promise<void>;
  /** What the engine said while it failed; throws when it did not. */
  failure(): Promise<string>;
  output: string[];
  close(): Promise<void>;
}

export async function openLab(
  machines: Record<string, MachineChanges> = { "cp-1": {}, "worker-1": {} },
): Promise<Lab> {
  const { world: base, calls } = fixture();
  const world = runningWorld(base, 600);
  world.state.proxmox = installHardware(HARDWARE, world);
  registerSchematic(world, SCHEMATIC);
  const server: ProxmoxServer = await serveProxmox(world, {
    token: TOKEN,
    access: grant(TOKEN, places, [...GRANTS, START_ORDER, MIGRATION]),
  });
  const settings: LabSettings = { url: IMAGE_URL, imageDatastore: "local", token: TOKEN, machines };
  const folder = await mkdtemp(join(tmpdir(), "proxmox-lab-"));
  const output: string[] = [];

  const stack = await LocalWorkspace.createOrSelectStack(
    {
      stackName: "lab",
      projectName: "proxmox-lab",
      program: () => Promise.resolve(declare(server.url, settings)),
    },
    await testEngine("proxmox-lab", folder),
  );
  const quiet = { onOutput: (text: string) => void output.push(text), color: "never" as const };
  return {
    endpoint: server.url,
    stack,
    world,
    calls,
    settings,
    output,
    preview: async () => (await stack.preview({ ...quiet, diff: true })).changeSummary,
    up: async () => (await stack.up(quiet)).summary.resourceChanges as Record<string, number>,
    refresh: async () => (await stack.refresh(quiet)).summary.resourceChanges as Record<string, number>,
    destroy: async () => void (await stack.destroy(quiet)),
    failure: async () => {
      const from = output.length;
      const failed = await stack.up(quiet).then(
        () => false,
        () => true,
      );
      if (!failed) throw new Error(`up did not fail:\n${output.slice(from).join("")}`);
      return output.slice(from).join("");
    },
    close: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function declare(endpoint: string, settings: LabSettings): void {
  const { token: apiToken, insecure = true } = settings;
  const provider = new proxmox.Provider("proxmox", { endpoint, apiToken, insecure });
  const image = new proxmox.download.File(
    "image",
    {
      nodeName: "pve1",
      datastoreId: settings.imageDatastore,
      contentType: "import",
      fileName: "talos.qcow2",
      url: settings.url,
      overwrite: false,
    },
    { provider },
  );
  Object.entries(settings.machines).forEach(([name, changes], index) => {
    const { osGiB = 32, dataGiB = 40, extraDisk = false, datastore = "local-lvm", ...args } = changes;
    const disk = { datastoreId: datastore, iothread: true, discard: "on" };
    const disks = [
      { ...disk, interface: "scsi0", size: osGiB, importFrom: image.id },
      { ...disk, interface: "virtio1", size: dataGiB, serial: `data-${100 + index}`, backup: false },
      ...(extraDisk ? [{ ...disk, interface: "virtio2", size: 10 }] : []),
    ];
    new proxmox.VmLegacy(
      name,
      {
        name,
        nodeName: "pve1",
        vmId: 100 + index,
        description: "Talos node",
        tags: ["homelab", "talos"],
        machine: "q35",
        bios: "ovmf",
        operatingSystem: { type: "l26" },
        cpu: { cores: 2, type: "host" },
        memory: { dedicated: 4096 },
        scsiHardware: "virtio-scsi-single",
        efiDisk: { datastoreId: datastore, type: "4m" },
        disks,
        bootOrders: ["scsi0"],
        networkDevices: [{ bridge: "vmbr0", macAddress: `BC:24:11:00:00:0${index + 1}` }],
        initialization: {
          datastoreId: datastore,
          dns: { servers: ["192.168.1.1", "1.1.1.1"] },
          ipConfigs: [{ ipv4: { address: `192.168.1.${126 + index}/24`, gateway: "192.168.1.1" } }],
        },
        cdrom: { fileId: "none", interface: "ide3" },
        agent: { enabled: true, trim: true, waitForIp: { disabled: true } },
        startup: { order: index + 1 },
        onBoot: true,
        stopOnDestroy: true,
        rebootAfterUpdate: false,
        ...args,
      },
      { provider, ignoreChanges: settings.ignoreChanges ?? disks.map((_, at) => `disks[${at}].speed`) },
    );
  });
}
