/** A rehearsal that is ended in the middle of an `up`, outright or by a signal: seconds later nothing that it started is left. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { descendantsOf, enginesOf, parseProcesses, type Process } from "../../../rehearsal/faults/kill.ts";
import { REPOSITORY } from "../../../rehearsal/paths.ts";
import { startOf } from "../../../scripts/bootstrap/processes.mjs";

async function processes(): Promise<Process[]> {
  const lines = (await readdir("/proc"))
    .filter((name) => /^\d+$/.test(name))
    .map(async (name) => {
      const stat = await readFile(`/proc/${name}/stat`, "latin1").catch(() => "");
      const command = (await readFile(`/proc/${name}/cmdline`, "latin1").catch(() => "")).replaceAll(
        "\0",
        " ",
      );
      const parent = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? "0";
      return stat === "" ? "" : `${name} ${parent} ${command}`;
    });
  return parseProcesses((await Promise.all(lines)).join("\n"));
}

const MIDDLE = /pulumi-resource-proxmoxve/;

async function until<T>(seconds: number, look: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(100)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`not within ${seconds} s`);
}

/** A rehearsal in a process of its own: `body` has `open(timeScale, ...overlays)` for it. */
function spawnRehearsal(root: string, body: string) {
  const program = `import { openRehearsal } from "./rehearsal/session.ts";
    const open = (timeScale, ...overlays) => openRehearsal({ stack: "lab", root: ${JSON.stringify(root)}, timeScale, overlays, previews: "none" });
    ${body}`;
  const args = ["--import", "tsx", "--input-type=module", "-e", program];
  return spawn(process.execPath, args, { cwd: REPOSITORY, stdio: "ignore" });
}

function worldIn(root: string): Promise<string> {
  return readFile(join(root, "lab", "world.json"), "utf8").catch(() => "");
}

/** Tells the commands of those that still run by then. */
function watch(started: Process[]): () => string[] {
  const seen = started.map(({ pid, command }) => ({ pid, command, start: startOf(pid) }));
  return () =>
    seen
      .filter(({ pid, start }) => start !== undefined && startOf(pid) === start)
      .map(({ command }) => command.slice(0, 120));
}

/** Within 20 s. */
async function gone(left: () => string[]): Promise<void> {
  await until(20, () => Promise.resolve(left().length === 0 || undefined)).catch(() => undefined);
  expect(left()).toEqual([]);
}

test.skipIf(process.platform !== "linux").each([
  ["the rehearsal", (run: number) => [run]],
  ["the engine", (run: number, all: Process[]) => enginesOf(run, all).map(({ pid }) => pid)],
])("of a killed run nothing is left: %s", async (_, victims) => {
  const root = await mkdtemp(join(tmpdir(), "rehearsal-"));
  const run = spawnRehearsal(
    root,
    `const rehearsal = await open(60); await rehearsal.run("up"); await rehearsal.close();`,
  );
  const pid = run.pid!;
  try {
    const started = await until(120, async () => {
      const below = descendantsOf(pid, await processes());
      // The real run's plugin, not the preview's before it: machines are being made.
      const made = (await worldIn(root)).includes('"vm-created"');
      return made && below.some(({ command }) => MIDDLE.test(command)) ? below : undefined;
    });
    const left = watch(started);
    for (const victim of victims(pid, await processes())) process.kill(victim, "SIGKILL");
    await gone(left);
  } finally {
    run.kill("SIGKILL");
    await rm(root, { recursive: true, force: true });
  }
});

test.skipIf(process.platform !== "linux")(
  "told to end in an upgrade's wait, a run ends at once",
  async () => {
    const root = await mkdtemp(join(tmpdir(), "rehearsal-"));
    const run = spawnRehearsal(
      root,
      `const before = await open(240, "cluster.talosVersion=v1.11.5"); await before.run("up"); await before.close();
     const rehearsal = await open(4, "cluster.talosVersion=v1.11.6"); await rehearsal.run("up"); await rehearsal.close();`,
    );
    const ended = once(run, "exit").then((how) => how as [number | null, NodeJS.Signals | null]);
    const pid = run.pid!;
    try {
      const started = await until(120, async () => {
        const waiting = (await worldIn(root)).includes('"upgrade-started"');
        return waiting ? descendantsOf(pid, await processes()) : undefined;
      });
      expect(started.map(({ command }) => command).join("\n")).toMatch(MIDDLE);
      const left = watch(started);
      run.kill("SIGTERM");
      const late = sleep(5000).then(() => "not within 5 s");
      expect(await Promise.race([ended, late])).toEqual([null, "SIGTERM"]);
      await gone(left);
    } finally {
      run.kill("SIGKILL");
      await rm(root, { recursive: true, force: true });
    }
  },
);
