/** Files of a rehearsal that are damaged: refused with their name, without a stack trace, and left exactly as they are. */
import { execFile } from "node:child_process";
import { mkdtemp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { REPOSITORY, rehearsalPaths } from "../../../rehearsal/paths.ts";
import { openRehearsal } from "../../../rehearsal/session.ts";
import { UserError } from "../../../rehearsal/user-error.ts";
import { bench, type Bench } from "../support/rehearse.ts";

let root: string;
let made: Bench;
let goodWorld: Record<string, unknown>;

beforeAll(async () => {
  made = await bench();
  await made.during({}, async ({ world }) => {
    goodWorld = structuredClone(world.state) as unknown as Record<string, unknown>;
  });
});
afterAll(() => made.remove());
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "damaged-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function refusal(file: string, content: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  const error: unknown = await openRehearsal({ stack: "lab", root, timeScale: 240 }).then(
    async (rehearsal) => {
      await rehearsal.close();
      return new Error("it was opened");
    },
    (thrown: unknown) => thrown,
  );
  expect(await readFile(file, "utf8")).toBe(content);
  expect(error).toBeInstanceOf(UserError);
  return (error as Error).message;
}

const paths = () => rehearsalPaths("lab", root);

test.each<[string, (world: Record<string, unknown>) => string]>([
  ["cut off in the middle", (world) => JSON.stringify(world).slice(0, -40)],
  ["empty", () => ""],
  ["no object", () => "[]"],
  ["of another stack", (world) => JSON.stringify({ ...world, stack: "rack" })],
  ["of another format", (world) => JSON.stringify({ ...world, format: 99 })],
  [
    "with a VM that is none",
    (world) => JSON.stringify({ ...world, proxmox: { hosts: {}, vms: { 126: 7 } } }),
  ],
  [
    "with a machine that is none",
    (world) => JSON.stringify({ ...world, machines: { 126: { vmId: "126" } } }),
  ],
  ["with a record that is none", (world) => JSON.stringify({ ...world, events: [null] })],
  ["with a cluster that is none", (world) => JSON.stringify({ ...world, clusters: { a: {} } })],
])("a world file %s", async (_name, damage) => {
  const message = await refusal(paths().world, damage(goodWorld));
  expect(message).toContain(`The world file ${paths().world} is damaged`);
  expect(message).toContain("It was left as it is");
});

test.each([
  ["that is no JSON", "{"],
  ["of something else", '{"stack":"other"}'],
])("a report %s", async (_name, content) => {
  expect(await refusal(paths().report, content)).toContain(`The report ${paths().report} is damaged`);
});

test.each([
  ["cut off in the middle", '{"version":3,"checkpoint":{"stack":"organization/homelab/lab","latest":{"man'],
  ["empty", ""],
  ["of a future version", '{"version":99,"checkpoint":{}}'],
])("a state of Pulumi's %s", async (_name, content) => {
  const message = await refusal(paths().stateFile, content);
  expect(message).toContain(paths().state);
  expect(message).toContain("was left as it is");
  expect(message).not.toMatch(/^\s+at /m);
});

test("on the command line, a refusal is a sentence and not a stack trace", async () => {
  const { folder, world } = rehearsalPaths("damaged-world");
  const config = join(REPOSITORY, "Pulumi.damaged-world.yaml");
  await mkdir(folder, { recursive: true });
  await writeFile(world, "{");
  await writeFile(config, await readFile(join(REPOSITORY, "Pulumi.lab.yaml"), "utf8"));
  try {
    const { code, stderr } = await new Promise<{ code: number | undefined; stderr: string }>((resolve) => {
      const child = execFile(
        process.execPath,
        ["--import", "tsx", "rehearsal/cli/rehearse.ts", "--stack", "damaged-world", "up"],
        { cwd: REPOSITORY },
        (_error, _stdout, text) => resolve({ code: child.exitCode ?? undefined, stderr: text }),
      );
    });
    expect(code).toBe(1);
    expect(stderr).toContain("is damaged: it is no JSON");
    expect(stderr).not.toMatch(/^\s+at /m);
  } finally {
    await rm(config, { force: true });
    await rm(folder, { recursive: true, force: true });
  }
});
