/**
 * The state that a recovery writes is decrypted: it must lie nowhere, whatever becomes of the run. By the real CLI, behind a script
 * that looks at the temporary folder and at every command line at the moment of the import.
 */
import { spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { REPOSITORY } from "../../../rehearsal/paths.ts";
import { removeFormerCopies } from "../../../scripts/recover/import-state.ts";

const SECRET = "the-cluster-private-key";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "recovered-state-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** What a process of its own does: a state with a secret in it is written. `stack` names whose it claims to be. */
const writer = (stack: string) => `
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { importState } from "./scripts/recover/import-state.ts";
const pulumiCommand = await PulumiCommand.get({ root: ${JSON.stringify(join(root, "cli"))} });
const stack = await LocalWorkspace.createOrSelectStack(
  { stackName: "lab", projectName: "homelab", program: async () => {} },
  { workDir: ${JSON.stringify(root)}, pulumiCommand },
);
const exported = await stack.exportStack();
exported.deployment.resources = [{
  urn: "urn:pulumi:${stack}::homelab::pulumi:pulumi:Stack::homelab-${stack}",
  type: "pulumi:pulumi:Stack", custom: false,
  outputs: { key: { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", plaintext: '"${SECRET}"' } },
}];
await importState(stack, exported);
console.log((await stack.outputs()).key.value);
`;

interface Run {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** What lay in the temporary folder and stood on command lines while the CLI imported. */
  seen: string;
  /** Files below the temporary folder that hold the secret afterwards. */
  left: string[];
}

async function write(stack: string, whileImporting = ""): Promise<Run> {
  const { pulumi } = JSON.parse(await readFile(join(REPOSITORY, ".rehearsal", "toolchain.json"), "utf8")) as {
    pulumi: string;
  };
  const temporary = join(root, "tmp");
  const seen = join(root, "seen");
  const cli = join(root, "cli", "bin", "pulumi");
  for (const folder of [temporary, join(root, "cli", "bin"), join(root, "state")])
    await mkdir(folder, { recursive: true });
  await writeFile(
    cli,
    `#!/bin/sh
case " $* " in *" stack import "*)
  { grep -rl '${SECRET}' "$TMPDIR"; ps -ww -o args= -p $PPID,$$; } > '${seen}'
  ${whileImporting}
esac
exec '${pulumi}' "$@"
`,
  );
  await chmod(cli, 0o755);
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "-e", writer(stack)],
    {
      cwd: REPOSITORY,
      encoding: "utf8",
      env: {
        ...process.env,
        TMPDIR: temporary,
        PULUMI_HOME: join(root, "home"),
        PULUMI_BACKEND_URL: pathToFileURL(join(root, "state")).href,
        PULUMI_CONFIG_PASSPHRASE: "test",
        PULUMI_SKIP_UPDATE_CHECK: "true",
      },
    },
  );
  const found = spawnSync("grep", ["-rl", SECRET, temporary], { encoding: "utf8" }).stdout;
  return {
    status,
    signal,
    stdout,
    stderr,
    seen: await readFile(seen, "utf8"),
    left: found.split("\n").filter(Boolean),
  };
}

describe("the state that a recovery writes", () => {
  test("gets into the stack by standard input: no file, no command line holds it", async () => {
    const run = await write("lab");
    expect(run.stderr).toBe("");
    expect(run.stdout.trim()).toBe(SECRET);
    expect(run.seen).toContain("stack import");
    // The writing process has the text of this test on its own command line; the CLI, which is what counts, has none of it.
    const cli = run.seen.split("\n").filter((line) => line.includes("stack import"));
    expect(cli.join("\n")).not.toContain(SECRET);
    expect(run.seen).not.toContain(join(root, "tmp"));
    expect(run.left).toEqual([]);
  });

  test("is nowhere after an import that fails, and the error does not quote it", async () => {
    const run = await write("other");
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("importing this file could be dangerous");
    expect(run.stderr).not.toContain(SECRET);
    expect(run.left).toEqual([]);
  });

  test.each(["KILL", "INT", "TERM"])("is nowhere after SIG%s in the middle", async (signal) => {
    const run = await write("lab", `kill -${signal} $PPID; sleep 1; exit 1`);
    expect(run.signal).toBe(`SIG${signal}`);
    expect(run.seen).not.toContain(join(root, "tmp"));
    expect(run.left).toEqual([]);
  });
});

test("what failed imports of former versions left is removed, and nobody else's file", async () => {
  const state = (project: string) =>
    JSON.stringify({
      resources: [{ urn: `urn:pulumi:lab::${project}::pulumi:pulumi:Stack::${project}-lab` }],
    });
  const put = async (name: string, text: string, age = 3600) => {
    await writeFile(join(root, name), text);
    const then = Date.now() / 1000 - age;
    await utimes(join(root, name), then, then);
  };
  await put("automation-123456", state("homelab"));
  await put("automation-234567", state("shop"));
  await put("automation-345678", state("homelab"), 5);
  await put("notes-123456", state("homelab"));
  await removeFormerCopies(root);
  expect((await readdir(root)).sort()).toEqual(["automation-234567", "automation-345678", "notes-123456"]);
});
