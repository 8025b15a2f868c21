import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { expect, it, onTestFinished } from "vitest";
import { endOrphans, orphansOf, RUN_VARIABLE } from "../../../rehearsal/engine/orphans.mjs";
import { startOf } from "../../../scripts/bootstrap/processes.mjs";

it("are the marked ones that descend from nobody of ours", () => {
  const process = (pid: number, parent: number, marked: boolean) => ({ pid, parent, marked, start: "" });
  const [root, engine, plugin, lost, child, foreign] = [
    process(10, 1, false),
    process(11, 10, true),
    process(12, 11, true),
    process(13, 1, true),
    process(14, 13, true),
    process(15, 1, false),
  ];
  const all = [root, engine, plugin, lost, child, foreign];
  expect(orphansOf(all, 10)).toEqual([lost, child]);
  expect(orphansOf(all.slice(1), 10)).toEqual([lost, child]); // the list and the end of a parent overlap
  expect(orphansOf(all.slice(1), 0)).toEqual([engine, plugin, lost, child]);
});

/** A shell that starts a process and ends: what it started has lost its parent. Gives that one's number. */
async function orphan(run: string, command: string): Promise<number> {
  const shell = spawn("sh", ["-c", `${command} > /dev/null 2>&1 & echo $!`], {
    env: { ...process.env, [RUN_VARIABLE]: run },
  });
  const [told] = (await once(shell.stdout, "data")) as [Buffer];
  await once(shell, "close");
  const pid = Number(told.toString());
  onTestFinished(() => {
    if (startOf(pid) !== undefined) process.kill(pid, "SIGKILL");
  });
  return pid;
}

it.skipIf(process.platform === "win32")(
  "are ended, even those that will not hear, and nobody else is",
  async () => {
    const run = randomUUID();
    const polite = await orphan(run, "sleep 60");
    const deaf = await orphan(run, "sh -c 'trap \"\" TERM; while :; do sleep 0.1; done'");
    const others = await orphan(randomUUID(), "sleep 60");
    const kept = spawn("sleep", ["60"], { env: { ...process.env, [RUN_VARIABLE]: run } });
    onTestFinished(() => void kept.kill("SIGKILL"));
    expect(await endOrphans(run, process.pid)).toBeGreaterThanOrEqual(2);
    const alive = [polite, deaf, others, kept.pid!].map((pid) => startOf(pid) !== undefined);
    expect(alive).toEqual([false, false, true, true]);
  },
);
