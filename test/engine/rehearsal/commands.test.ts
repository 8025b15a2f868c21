/**
 * The commands themselves, as processes of their own in a clone, among decoys: what they start before a rehearsal is open (the bootstrap,
 * the CLI's version) must reach for nothing of the person's either.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { REPOSITORY, TOOLCHAIN_FILE } from "../../../rehearsal/paths.ts";
import { layDecoys, type Decoys } from "../../support/decoys.ts";

/** Tells of its progress where errors are told. */
const BOOTSTRAP = "scripts/bootstrap.mjs";

let folder: string;
let clone: string;
let decoys: Decoys;
let environment: NodeJS.ProcessEnv;

const COPIED = ["Pulumi.yaml", "Pulumi.lab.yaml", "package.json", "package-lock.json", "tsconfig.json"];
const FOLDERS = ["src", "rehearsal", "scripts", "sdks", "tools"];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "commands-"));
  clone = join(folder, "clone");
  for (const part of [...COPIED, ...FOLDERS]) {
    await cp(join(REPOSITORY, part), join(clone, part), { recursive: true });
  }
  await symlink(join(REPOSITORY, "node_modules"), join(clone, "node_modules"));
  const { cache } = JSON.parse(await readFile(TOOLCHAIN_FILE, "utf8")) as { cache: string };
  const own = join(folder, "decoys");
  await mkdir(own);
  decoys = await layDecoys(own);
  environment = { ...process.env, ...decoys.variables, HOMELAB_CACHE: cache };
});

afterAll(async () => {
  await decoys.close();
  await rm(folder, { recursive: true, force: true });
});

/** @param listening Whether somebody reads what it prints. */
async function run(args: string[], listening = true) {
  const child = spawn(process.execPath, args, {
    cwd: clone,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  if (!listening) child.stdout.destroy();
  const [printed, errors, how] = await Promise.all([
    listening ? text(child.stdout) : "",
    text(child.stderr),
    ended,
  ]);
  expect({ how, errors: args.includes(BOOTSTRAP) ? "" : errors }).toEqual({ how: [0, null], errors: "" });
  expect(decoys.touched()).toEqual([]);
  return printed + errors;
}

const rehearse = (...args: string[]) => [
  "--import",
  "tsx",
  "rehearsal/cli/rehearse.ts",
  "--stack",
  "lab",
  ...args,
];

test("the bootstrap finds what is there", async () => {
  expect(await run([BOOTSTRAP, "--talosctl"])).toContain("Ready: Pulumi ");
});

test("an up goes on to its proper end when nobody reads it any more", async () => {
  await run(rehearse("up"), false);
  const report = await readFile(join(clone, ".rehearsal", "lab", "report.json"), "utf8");
  expect(JSON.parse(report)).toMatchObject({ command: "up", ok: true });
});

test("recover of the rehearsed stack", async () => {
  const recover = ["--import", "tsx", "scripts/recover.ts", "--stack", "lab", "--rehearsed"];
  expect(await run(recover)).toBe("There is nothing to recover.\n");
});

test("destroy", async () => {
  expect(await run(rehearse("destroy", "-c", "protect=false"))).toContain("nothing-left");
});
