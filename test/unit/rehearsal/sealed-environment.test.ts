import { afterEach, beforeEach, expect, test } from "vitest";
import { ownVariables, sealedWorkspace } from "../../../rehearsal/engine/sealed-engine.ts";
import { sealedEnvironment } from "../../../rehearsal/sealed-environment.ts";
import { layDecoys, type Decoys } from "../../support/decoys.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ENGINE = {
  pulumi: process.execPath,
  pulumiVersion: "3.245.0",
  pulumiHome: "/own/pulumi",
  project: "own",
  workDir: "/own/work",
  backend: "/own/backend",
  passphrase: "own",
};

let folder: string;
let decoys: Decoys;
let before: NodeJS.ProcessEnv;
beforeEach(async () => {
  before = { ...process.env };
  folder = mkdtempSync(join(tmpdir(), "sealed-"));
  decoys = await layDecoys(folder);
  Object.assign(process.env, decoys.variables, { PULUMI_TO_COME: "hostile", GIT_DIR: folder });
});
afterEach(async () => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
  await decoys.close();
  rmSync(folder, { recursive: true });
});

test("a child learns nothing of what leads to something real", () => {
  const environment = sealedEnvironment("/own");
  for (const [name, value] of Object.entries({ ...decoys.variables, PULUMI_TO_COME: "hostile" })) {
    expect(environment[name] ?? "absent", name).not.toBe(value);
  }
  expect(environment).toMatchObject({ HOME: "/own", PATH: process.env["PATH"] });
});

test("an engine gets its own backend, home and passphrase, and no variable beside them", async () => {
  const work = join(folder, "work");
  const { pulumiCommand, envVars } = sealedWorkspace({ ...ENGINE, workDir: work });
  const run = pulumiCommand as unknown as {
    run(args: string[], cwd: string, variables: object): Promise<{ stdout: string }>;
  };
  // The command is node itself here, so that the child tells what it was given.
  const { stdout } = await run.run(
    ["-e", "console.log(JSON.stringify(process.env)); process.argv.length", "--"],
    folder,
    envVars!,
  );
  const given = JSON.parse(stdout) as Record<string, string>;
  expect(given).toMatchObject(ownVariables(ENGINE));
  expect(given["HOME"]).toBe(join(work, "home"));
  const own = new Set([...Object.keys(ownVariables(ENGINE)), ...Object.keys(sealedEnvironment(work))]);
  expect(Object.keys(given).filter((name) => !own.has(name))).toEqual(["PULUMI_AUTOMATION_API"]);
});
