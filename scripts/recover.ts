/**
 * `npm run recover -- --stack <env>`: after a run that was cut off, or whose replies were lost. Against the environment's own
 * backend, by the same CLI and program as `pulumi up`; with `--rehearsed`, for the rehearsed stack.
 */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { LocalWorkspace, Stack } from "@pulumi/pulumi/automation/index.js";
import { runCommand } from "../rehearsal/cli/command.ts";
import { commandAt } from "../rehearsal/engine/sealed-engine.ts";
import { readToolchain } from "../rehearsal/toolchain.ts";
import { UserError } from "../rehearsal/user-error.ts";
import program from "../src/index.ts";
import { PROJECT } from "../src/config/schema.ts";
import { recover } from "./recover/recover.ts";
import { stateFileOf } from "./recover/state-file.ts";
import { describeTarget } from "./recover/target.ts";
import { removeTornAttributes } from "./recover/torn-attributes.ts";

const REPOSITORY = fileURLToPath(new URL("..", import.meta.url));

const USAGE = `Usage: npm run recover -- --stack <environment> [--rehearsed]

  -s, --stack <name>     the environment: a file Pulumi.<name>.yaml
      --rehearsed        recover the rehearsal of that environment instead of the real one
      --project <folder> where Pulumi.yaml lies (default: here)

Looks at the homelab, changes nothing in it, and brings Pulumi's state in line with what it finds. Make sure that no other run of
the stack is going on. Afterwards give the command that was cut off again.`;

async function main(argv: string[]): Promise<number> {
  const { values } = parseArgs({
    args: argv,
    options: {
      stack: { type: "string", short: "s" },
      rehearsed: { type: "boolean" },
      project: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help || !values.stack) {
    console.log(USAGE);
    return values.help ? 0 : 1;
  }
  const lines = values.rehearsed
    ? await rehearsed(values.stack)
    : await real(values.stack, resolve(values.project ?? REPOSITORY));
  console.log(lines.join("\n"));
  return 0;
}

async function real(stackName: string, workDir: string): Promise<string[]> {
  const { pulumi, pulumiVersion } = await readToolchain();
  // Its plugins, its backend and its credentials are the user's own.
  const pulumiCommand = commandAt(pulumi, pulumiVersion);
  const workspace = await LocalWorkspace.create({ workDir, pulumiCommand, program });
  const { url } = await workspace.whoAmI();
  console.log(describeTarget(stackName, url));
  const stateFile = stateFileOf(url, { project: PROJECT, stackName, workDir });
  if (stateFile !== undefined) await removeTornAttributes(stateFile);
  const stack = await Stack.select(stackName, workspace);
  const pulumiHome = process.env["PULUMI_HOME"] ?? join(homedir(), ".pulumi");
  // Whatever stands for a plugin in the stack's own runs answers the look as well.
  const attach = process.env["PULUMI_DEBUG_PROVIDERS"];
  return (await recover(stack, { pulumi, pulumiVersion, pulumiHome, attach })).lines;
}

async function rehearsed(stack: string): Promise<string[]> {
  const { openRehearsal } = await import("../rehearsal/session.ts");
  const { DEFAULT_TIME_SCALE } = await import("../rehearsal/world/kernel/clock.ts");
  const rehearsal = await openRehearsal({ stack, timeScale: DEFAULT_TIME_SCALE });
  try {
    return (await rehearsal.recover()).lines;
  } finally {
    await rehearsal.close();
  }
}

runCommand((argv) =>
  main(argv).catch((error: unknown) => {
    const text = error instanceof Error ? error.message : String(error);
    const cause = /(?:^|\n)\s*error: ([^\n]*)/.exec(text)?.[1] ?? text;
    throw new UserError(`Nothing was recovered: ${cause}`);
  }),
);
