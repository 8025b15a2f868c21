/** Three control planes and a worker, ready, behind Talos's own API; and the real talosctl with their credentials. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serveTalos } from "../../../rehearsal/api/talos/server.ts";
import type { Interceptor } from "../../../rehearsal/world/kernel/request-faults.ts";
import type { ClientConfiguration, Machinery } from "../../../rehearsal/machinery.ts";
import { readToolchain } from "../../../rehearsal/toolchain.ts";
import type { World } from "../../../rehearsal/world/kernel/world.ts";
import { bringUp } from "../../support/world/cluster.ts";
import { Lab } from "../../support/world/lab.ts";
import { newSecrets } from "../../support/world/world.ts";
import { runningWorld } from "../../support/world/world.ts";

export { CONTROL_PLANES, WORKER, installer } from "../../support/world/cluster.ts";

/** An upgrade takes a few seconds, of which talosctl's own pauses are most. */
const TIME_SCALE = 120;

export interface Said {
  code: number;
  stdout: string;
  stderr: string;
}

export interface NodesLab {
  world: World;
  /** Of the API on 127.0.0.1. */
  port: number;
  /** Of the image that the nodes run, v1.12.0. */
  schematic: string;
  folder: string;
  /** Runs the real one against a node's address. */
  talosctl(node: string, ...args: string[]): Promise<Said>;
  /** The same with the client certificate of another cluster. */
  stranger(node: string, ...args: string[]): Promise<Said>;
  close(): Promise<void>;
}

export async function openNodesLab(intercept?: Interceptor): Promise<NodesLab> {
  const { talosHelper, talosctl } = await readToolchain();
  if (!talosctl) throw new Error("there is no talosctl: node scripts/bootstrap.mjs --talosctl");
  const lab = await Lab.open();
  const schematic = await bringUp(lab);
  const { machinery } = lab;
  const world = runningWorld(lab.world, TIME_SCALE);
  const server = await serveTalos(world, { executable: talosHelper, ...(intercept && { intercept }) });
  const folder = await mkdtemp(join(tmpdir(), "talos-nodes-"));
  const own = await talosconfig(machinery, lab.secrets.clientConfiguration, join(folder, "own.yaml"));
  const others = (await newSecrets()).clientConfiguration;
  const strange = await talosconfig(machinery, others, join(folder, "stranger.yaml"));
  const endpoint = `127.0.0.1:${server.port}`;
  const call = (file: string, node: string, args: string[]) =>
    run(talosctl, ["--talosconfig", file, "-e", endpoint, "-n", node, ...args]);
  return {
    world,
    port: server.port,
    schematic,
    folder,
    talosctl: (node, ...args) => call(own, node, args),
    stranger: (node, ...args) => call(strange, node, args),
    async close() {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function talosconfig(
  machinery: Machinery,
  clientConfiguration: ClientConfiguration,
  file: string,
): Promise<string> {
  const { talosConfig } = await machinery.call<{ talosConfig: string }>("talosconfig.generate", {
    clusterName: "lab",
    clientConfiguration,
    endpoints: [],
    nodes: [],
  });
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
