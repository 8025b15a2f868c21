/** Three control planes and a worker, ready, behind Talos's own API; and the real talosctl with their credentials. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serveTalos, type TalosServer } from "../../../rehearsal/api/talos/server.ts";
import type { ClientConfiguration, Machinery } from "../../../rehearsal/machinery.ts";
import { readToolchain } from "../../../rehearsal/toolchain.ts";
import { ScaledClock } from "../../../rehearsal/world/clock.ts";
import { registerSchematic } from "../../../rehearsal/world/factory.ts";
import { bootstrap } from "../../../rehearsal/world/talos/api.ts";
import { settle } from "../../../rehearsal/world/talos/cluster.ts";
import { talosLifecycle } from "../../../rehearsal/world/talos/lifecycle.ts";
import { World } from "../../../rehearsal/world/world.ts";
import { EXTENSIONS, Lab, newSecrets, openMachinery, osDisk } from "../../unit/world/talos/support.ts";

export const CONTROL_PLANES = ["192.168.1.126", "192.168.1.127", "192.168.1.128"];
export const WORKER = "192.168.1.129";
/** Fast enough for a test, slow enough that talosctl's own seconds count. */
const TIME_SCALE = 120;

export interface Said {
  code: number;
  stdout: string;
  stderr: string;
}

export interface NodesLab {
  world: World;
  schematic: string;
  folder: string;
  talosctl(node: string, ...args: string[]): Promise<Said>;
  /** With a client certificate of another cluster. */
  strangerctl(node: string, ...args: string[]): Promise<Said>;
  close(): Promise<void>;
}

export async function openNodesLab(): Promise<NodesLab> {
  const { talosNodes, talosctl } = await readToolchain();
  if (!talosctl) throw new Error("talosctl is not in the toolchain: node scripts/bootstrap.mjs --talosctl");
  const machinery = await openMachinery();
  const lab = await Lab.open(machinery);
  const yaml = `customization: {systemExtensions: {officialExtensions: [${EXTENSIONS.join(", ")}]}}`;
  const schematic = registerSchematic(lab.world, yaml);
  await bringUp(lab, schematic);
  const world = new World({
    state: lab.world.state,
    clock: new ScaledClock(lab.clock.now(), TIME_SCALE),
    machinery,
    lifecycle: talosLifecycle,
  });
  const server = await serveTalos(world, { executable: talosNodes });
  const folder = await mkdtemp(join(tmpdir(), "talos-nodes-"));
  const own = await talosconfig(machinery, lab.secrets.clientConfiguration, folder, "own");
  const strange = (await newSecrets(machinery)).clientConfiguration;
  const stranger = await talosconfig(machinery, strange, folder, "stranger");
  const call =
    (file: string) =>
    (node: string, ...args: string[]) =>
      run(talosctl, ["--talosconfig", file, "-e", `127.0.0.1:${server.port}`, "-n", node, ...args]);
  return {
    world,
    schematic,
    folder,
    talosctl: call(own),
    strangerctl: call(stranger),
    async close() {
      await end(server, machinery);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function bringUp(lab: Lab, schematic: string): Promise<void> {
  const nodes = [...CONTROL_PLANES, WORKER].map((address, index) => {
    const worker = address === WORKER;
    const name = worker ? "worker-1" : `cp-${index + 1}`;
    return {
      vmId: 126 + index,
      name,
      address,
      role: worker ? ("worker" as const) : ("controlplane" as const),
    };
  });
  for (const { vmId, name, address } of nodes) {
    const vm = lab.addVm({
      vmId,
      name,
      address,
      disks: [osDisk(), { interface: "virtio1", sizeBytes: 40 * 1024 ** 3 }],
    });
    const { content } = vm.disks["scsi0"]!;
    if (content.kind === "talos") content.image.schematicId = schematic;
    await lab.start(vmId);
  }
  for (const { name, address, role } of nodes) {
    await lab.apply(address, await lab.config({ role, hostname: name, address }));
  }
  await bootstrap(lab.world, lab.target(CONTROL_PLANES[0]!));
  for (let round = 0; round < 6; round++) {
    await lab.clock.sleep(100);
    await settle(lab.world);
  }
}

async function talosconfig(
  machinery: Machinery,
  clientConfiguration: ClientConfiguration,
  folder: string,
  name: string,
): Promise<string> {
  const { talosConfig } = await machinery.call<{ talosConfig: string }>("talosconfig.generate", {
    clusterName: "lab",
    clientConfiguration,
    endpoints: [],
    nodes: [],
  });
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, talosConfig, { mode: 0o600 });
  return file;
}

function run(program: string, args: string[]): Promise<Said> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 120_000 }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === "number" ? error.code : -1) : 0;
      resolve({ code, stdout, stderr });
    });
  });
}

async function end(server: TalosServer, machinery: Machinery): Promise<void> {
  await server.close();
  await machinery.close();
}
