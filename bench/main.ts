/**
 * `npm run bench`: what the program costs beside a plain script that registers the same resources (bench/flat.ts), as ratios within one
 * run, for a machine's speed changes by the minute. Each preview is a process of its own that takes the program up anew, with the CLI and
 * the Proxmox plugin that the bootstrap found or built; the Talos and Kubernetes provider servers are in this process.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";
import { parse } from "yaml";
import { rehearsalEngine } from "../rehearsal/engine/workspace.ts";
import { REPOSITORY } from "../rehearsal/paths.ts";
import { openRehearsal } from "../rehearsal/session.ts";
import { readToolchain } from "../rehearsal/toolchain.ts";
import { stackFile } from "./environment.ts";
import { flatScript } from "./flat.ts";
import type { PreviewJob } from "./preview.ts";
import { table, type Row, type Sample } from "./table.ts";

const FOLDER = join(REPOSITORY, ".rehearsal", "bench");

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "2,50,200" },
    pairs: { type: "string", default: "7" },
  },
});

const rows: Row[] = [];
for (const nodes of values.nodes.split(",").map(Number))
  rows.push(await measure(nodes, Number(values.pairs)));
console.log(table(rows));

async function measure(nodes: number, pairs: number): Promise<Row> {
  const stack = `bench-${nodes}`;
  const folder = join(FOLDER, stack);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const environment = stackFile(nodes);
  await writeFile(join(folder, `Pulumi.${stack}.yaml`), environment);
  const flat = join(folder, "flat.mjs");
  await writeFile(flat, await flatScript(flatConfig(environment), imports()));

  const rehearsal = await openRehearsal({
    stack,
    project: folder,
    root: FOLDER,
    timeScale: 1,
    program: async () => ({}),
  });
  try {
    const engine = rehearsalEngine(
      rehearsal.paths,
      await readToolchain(),
      rehearsal.engineVariables["PULUMI_DEBUG_PROVIDERS"]!,
    );
    const job = (program: string): PreviewJob => ({
      engine,
      stackName: rehearsal.paths.stackName,
      program: pathToFileURL(program).href,
    });
    const ours = job(join(REPOSITORY, "src", "index.ts"));
    const plain = job(flat);
    // The first of each fills caches that later runs find.
    await preview(ours);
    await preview(plain);
    const samples: Row["samples"] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      // In turn, so that neither always comes second.
      const first = pair % 2 === 0 ? ours : plain;
      const one = await preview(first);
      const other = await preview(first === ours ? plain : ours);
      samples.push(first === ours ? { ours: one, flat: other } : { ours: other, flat: one });
    }
    return { nodes, samples };
  } finally {
    await rehearsal.close();
  }
}

/** Runs one to its end. */
async function preview(job: PreviewJob): Promise<Sample> {
  const begun = performance.now();
  const child = spawn(
    process.execPath,
    ["--import", "tsx", join(REPOSITORY, "bench", "preview.ts"), JSON.stringify(job)],
    { stdio: ["ignore", "pipe", "inherit"], cwd: REPOSITORY },
  );
  let output = "";
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  if (code !== 0 || output === "") throw new Error(`the preview of ${job.program} failed`);
  const { peakKiB } = JSON.parse(output) as { peakKiB: number };
  return { seconds: (performance.now() - begun) / 1000, peakMiB: peakKiB / 1024 };
}

/** A stack file's configuration as the engine hands it to a program. */
function flatConfig(text: string): Record<string, string> {
  const { config } = parse(text) as { config: Record<string, unknown> };
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

/** The program's own imports, so that both load the same packages. */
function imports(): string {
  return readFileSync(join(REPOSITORY, "bench", "imports.txt"), "utf8");
}
