/**
 * Writes a stack's state. It travels decrypted, so it goes to the CLI by its standard input, which `pulumi stack import` reads by
 * itself (pulumi pkg/cmd/pulumi/stack/stack_import.go): no file, no command line, nothing that a kill could leave behind. The
 * Automation API's own `importStack` writes a file that everybody may read, and removes it only where the import succeeds.
 */
import { spawn } from "node:child_process";
import { lstat, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Deployment, Stack } from "@pulumi/pulumi/automation/index.js";
import { environmentOf } from "../../rehearsal/engine/sealed-engine.ts";
import { PROJECT } from "../../src/config/schema.ts";

/** Fails with what the CLI said, which never quotes the state. */
export async function importState({ name, workspace }: Stack, state: Deployment): Promise<void> {
  const args = ["stack", "import", "--stack", name, "--non-interactive"];
  const cli = spawn(workspace.pulumiCommand.command, args, {
    cwd: workspace.workDir,
    env: {
      ...environmentOf(workspace.pulumiCommand),
      ...(workspace.pulumiHome && { PULUMI_HOME: workspace.pulumiHome }),
      ...workspace.envVars,
    },
    stdio: ["pipe", "ignore", "pipe"],
  });
  const said: Buffer[] = [];
  cli.stderr.on("data", (chunk: Buffer) => said.push(chunk));
  // A CLI that fails early does not read to the end; its exit code says so.
  cli.stdin.on("error", () => undefined);
  cli.stdin.end(JSON.stringify(state));
  const code = await new Promise<number | string | null>((resolve, reject) => {
    cli.once("error", reject);
    cli.once("close", (exit, signal) => {
      resolve(exit ?? signal);
    });
  });
  if (code !== 0) {
    const text = Buffer.concat(said).toString("utf8").trim();
    throw new Error(text || `the state was not written: \`pulumi stack import\` ended with ${code}`);
  }
}

/** Milliseconds; no import reads its file for that long. */
const SURELY_OVER = 10 * 60_000;

/** Removes the readable copies of this project's states that failed imports of former versions left. */
export async function removeFormerCopies(folder = tmpdir()): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((each) => /^automation-\d{6}$/.test(each))) {
    const file = join(folder, name);
    const { uid, mtimeMs } = (await lstat(file).catch(() => undefined)) ?? {};
    if (uid !== process.getuid?.() || mtimeMs === undefined || Date.now() - mtimeMs < SURELY_OVER) continue;
    if (await isOurs(file)) await rm(file, { force: true });
  }
}

async function isOurs(file: string): Promise<boolean> {
  if (!(await lstat(file)).isFile()) return false;
  const text = await readFile(file, "utf8").catch(() => "");
  return text.includes(`::${PROJECT}::pulumi:pulumi:Stack::`);
}
