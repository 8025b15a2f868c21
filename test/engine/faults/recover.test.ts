/** `recover` against a backend of the user's own, by the command a user gives; and twice, which changes nothing more. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FaultInjector } from "../../../rehearsal/faults/injector.ts";
import { killEngine } from "../../../rehearsal/faults/kill.ts";
import { REPOSITORY } from "../../../rehearsal/paths.ts";
import type { Rehearsal } from "../../../rehearsal/session.ts";
import { bench, causes, type Bench } from "../support/rehearse.ts";

let lab: Bench;
beforeAll(async () => {
  lab = await bench();
});
afterAll(() => lab.remove());

/** The real command in a process of its own: the rehearsed stack looks to it like any other on a file backend. */
async function recoverAsUser({ paths, engineVariables }: Rehearsal): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", "tsx", "scripts/recover.ts", "--stack", paths.stackName, "--project", paths.work],
    {
      cwd: REPOSITORY,
      env: { ...process.env, ...engineVariables },
    },
  );
  return stdout;
}

test("a killed bring-up is recovered by the user's command, and a second recovery finds nothing", async () => {
  const fault = { at: "talos create lab-talos-bootstrap", kind: "kill" as const, times: 1 };
  const injector = new FaultInjector({ faults: [fault], kill: killEngine });
  const killed = await lab.during({ intercept: injector.intercept }, (rehearsal) =>
    rehearsal.stack.up().then(
      () => "it ended",
      () => "killed",
    ),
  );
  expect(killed).toBe("killed");
  await lab.during({}, async (rehearsal) => {
    const events = rehearsal.world.state.events.length;
    const said = await recoverAsUser(rehearsal);
    const target = `Recovering the stack "${rehearsal.paths.stackName}" in ${pathToFileURL(rehearsal.paths.state).href}\n`;
    expect(said.startsWith(target)).toBe(true);
    expect(said).toContain("lab-talos-bootstrap was being created when a run was cut off");
    expect(said).toContain("lab-talos-bootstrap is there (machine_bootstrap)");
    const again = await recoverAsUser(rehearsal);
    expect(again.trim()).toBe(`${target}There is nothing to recover.`);
    const done = rehearsal.world.state.events.slice(events).map(({ kind }) => kind);
    expect(done.filter((kind) => /vm-|config-applied|format|bootstrap|release|object/.test(kind))).toEqual(
      [],
    );
  });
  const report = await lab.run("up");
  expect(causes(report)).toBe("");
  expect(report.ok).toBe(true);
});

test("a state whose attributes were being written when the CLI was killed is read, by recover and by the next run", async () => {
  await lab.during({}, async (rehearsal) => {
    const attributes = `${rehearsal.paths.stateFile}.attrs`;
    await writeFile(attributes, "");
    await expect(rehearsal.stack.exportStack()).rejects.toThrow("failed to load checkpoint: EOF");
    expect(await recoverAsUser(rehearsal)).toContain("There is nothing to recover.");
    await writeFile(attributes, '{"user.cache_control":"","user.conte');
  });
  const report = await lab.run("preview");
  expect(causes(report)).toBe("");
});

test("a run that is still going on keeps its lock", async () => {
  await lab.during({}, async ({ paths, recover }) => {
    const folder = join(paths.state, ".pulumi", "locks", "organization", "homelab", paths.stackName);
    const { mkdir, rm } = await import("node:fs/promises");
    await mkdir(folder, { recursive: true });
    const holder = {
      pid: process.pid,
      username: "me",
      hostname: hostname(),
      timestamp: new Date().toISOString(),
    };
    await writeFile(join(folder, "living.json"), JSON.stringify(holder));
    await expect(recover()).rejects.toThrow(`still going on: process ${process.pid}`);
    await rm(join(folder, "living.json"));
  });
});
