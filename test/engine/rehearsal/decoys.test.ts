/**
 * A rehearsal in the environment of somebody who has real things. With the backend's address exported, an `up` once wrote the simulated
 * homelab into the real state, `refresh` deleted from it, and `destroy` changed the provider in it.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { rehearsalPaths } from "../../../rehearsal/paths.ts";
import { layDecoys, type Decoys } from "../../support/decoys.ts";
import { bench, causes, type Bench } from "../support/rehearse.ts";

let folder: string;
let decoys: Decoys;
let lab: Bench;
let before: NodeJS.ProcessEnv;
beforeAll(async () => {
  before = { ...process.env };
  folder = await mkdtemp(join(tmpdir(), "decoys-"));
  decoys = await layDecoys(folder);
  Object.assign(process.env, decoys.variables);
  lab = await bench();
});
afterAll(async () => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
  await decoys.close();
  await lab.remove();
  await rm(folder, { recursive: true, force: true });
});
afterEach(() => {
  expect(decoys.touched()).toEqual([]);
});

test.for(["preview", "up", "refresh", "preview"] as const)("%s", async (command) => {
  const report = await lab.run(command);
  expect(causes(report)).toBe("");
});

test("outputs, recover and the removal of a lock", async () => {
  await lab.during({}, async ({ stack, recover }) => {
    expect(await stack.outputs()).toHaveProperty("clusterName");
    expect((await recover()).lines).toEqual(["There is nothing to recover."]);
    await stack.cancel();
  });
});

test("destroy", async () => {
  const report = await lab.run("destroy", { overlays: ["protect=false"] });
  expect(causes(report)).toBe("");
});

test("no real stack has the name of a rehearsed one", async () => {
  expect(rehearsalPaths("lab").stackName).toBe("rehearsed-lab");
  await expect(lab.run("up", { stack: "rehearsed-lab" })).rejects.toThrow(
    '"rehearsed-lab" cannot be rehearsed: names that begin with "rehearsed-"',
  );
});
