/**
 * The real Pulumi engine over the program, through the Automation API: real state (as files), diffs, order, secrets.
 * The program runs in this process; the CLI connects back to it.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { LocalWorkspace, type PulumiFn, type Stack } from "@pulumi/pulumi/automation/index.js";
import { parse, stringify } from "yaml";
import type { Environment } from "../environment.ts";
import type { RehearsalPaths } from "../paths.ts";
import type { Toolchain } from "../toolchain.ts";
import { PROJECT } from "../../src/config/schema.ts";
import { UserError } from "../user-error.ts";
import { sealedWorkspace, type SealedEngine } from "./sealed-engine.ts";

/** Of made-up secrets in a state that no real system ever sees. */
const PASSPHRASE = "rehearsal";

export interface WorkspaceOptions {
  paths: RehearsalPaths;
  environment: Environment;
  program: PulumiFn;
  engine: SealedEngine;
  /** Remove Pulumi's lock that a killed run left. */
  breakLock: boolean;
}

/** @param attach Value of PULUMI_DEBUG_PROVIDERS. */
export function rehearsalEngine(paths: RehearsalPaths, toolchain: Toolchain, attach: string): SealedEngine {
  const { pulumi, pulumiVersion, pulumiHome } = toolchain;
  return {
    pulumi,
    pulumiVersion,
    pulumiHome,
    project: PROJECT,
    workDir: paths.work,
    backend: paths.state,
    passphrase: PASSPHRASE,
    attach,
  };
}

export async function openStack(options: WorkspaceOptions): Promise<Stack> {
  const { paths, engine } = options;
  await mkdir(paths.state, { recursive: true });
  await mkdir(paths.work, { recursive: true });
  const config = await writeConfig(options);

  // "Create or select" would first try to create one that is there: a process more at every opening.
  const known = existsSync(paths.stateFile);
  const automation = await LocalWorkspace[known ? "selectStack" : "createOrSelectStack"](
    { stackName: paths.stackName, projectName: PROJECT, program: options.program },
    sealedWorkspace(engine),
  ).catch((error: unknown) => {
    throw damagedState(error, paths);
  });

  if (options.breakLock) await automation.cancel().catch(() => undefined);
  if (config.changed) {
    const secrets = Object.entries(options.environment.secrets);
    await automation.setAllConfig(
      Object.fromEntries(secrets.map(([key, value]) => [key, { value, secret: true }])),
    );
    await config.settled();
  }
  return automation;
}

/**
 * Writes the stack's config of the working directory when the environment changed since. The encryption salt stays: the
 * state's secrets depend on it. A changed config counts as written once its secrets are set as well (`settled`).
 */
async function writeConfig({
  paths,
  environment,
}: WorkspaceOptions): Promise<{ changed: boolean; settled(): Promise<void> }> {
  const file = join(paths.work, `Pulumi.${paths.stackName}.yaml`);
  const marker = join(paths.work, "environment.sha256");
  const fingerprint = createHash("sha256").update(JSON.stringify(environment)).digest("hex");
  const before = await readFile(file, "utf8").catch(() => undefined);
  const settled = () => writeFile(marker, fingerprint);
  if (before !== undefined && (await readFile(marker, "utf8").catch(() => "")) === fingerprint) {
    return { changed: false, settled };
  }

  const { encryptionsalt } = (before === undefined ? {} : parse(before)) as { encryptionsalt?: string };
  await rm(marker, { force: true });
  await writeFile(file, stringify({ ...(encryptionsalt && { encryptionsalt }), config: environment.plain }));
  return { changed: true, settled };
}

function damagedState(error: unknown, paths: RehearsalPaths): Error {
  const text = error instanceof Error ? error.message : String(error);
  const reason = /(?:error|failed)[^\n]*/i.exec(text.replace(/^code: .*$/gm, ""))?.[0] ?? text.split("\n")[0];
  return new UserError(
    `Pulumi cannot open the rehearsed stack: ${reason}\nIts state lies in ${paths.state} and was left as it is. ` +
      "Move the stack's folder away to begin the rehearsal anew.",
  );
}
