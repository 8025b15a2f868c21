/** A rehearsal that is killed outright in the middle of an `up`: seconds later nothing that it started is left. */
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

test.skipIf(process.platform !== "linux").each([
  ["the rehearsal", (run: number) => [run]],
  ["the engine", (run: number, all: Process[]) => enginesOf(run, all).map(({ pid }) => pid)],
])("of a killed run nothing is left: %s", async (_, victims) => {
  const root = await mkdtemp(join(tmpdir(), "rehearsal-"));
  const program = `import { openRehearsal } from "./rehearsal/session.ts";
    const rehearsal = await openRehearsal({ stack: "lab", root: ${JSON.stringify(root)}, timeScale: 60 });
    await rehearsal.run("up"); await rehearsal.close();`;
  const args = ["--import", "tsx", "--input-type=module", "-e", program];
  const run = spawn(process.execPath, args, { cwd: REPOSITORY, stdio: "ignore" });
  const pid = run.pid!;
  try {
    const started = await until(120, async () => {
      const below = descendantsOf(pid, await processes());
      // The real run's plugin, not the preview's before it: machines are being made.
      const made = await readFile(join(root, "lab", "world.json"), "utf8").catch(() => "");
      return below.some(({ command }) => MIDDLE.test(command)) && made.includes('"vm-created"')
        ? below
        : undefined;
    });
    const seen = started.map(({ pid: number }) => ({ number, start: startOf(number) }));
    for (const victim of victims(pid, await processes())) process.kill(victim, "SIGKILL");
    await sleep(10_000);
    if (victims(pid, [])[0] !== pid) await Promise.race([once(run, "close"), sleep(10_000)]);
    const left = seen.filter(({ number, start }) => start !== undefined && startOf(number) === start);
    const names = started.filter(({ pid: number }) => left.some((each) => each.number === number));
    expect(names.map(({ command }) => command.slice(0, 120))).toEqual([]);
  } finally {
    run.kill("SIGKILL");
    await rm(root, { recursive: true, force: true });
  }
});
