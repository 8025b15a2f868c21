/**
 * The real Pulumi engine over the program, through the Automation API: real state (as files), diffs, order, secrets.
 * The program runs in this process; the CLI connects back to it.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { LocalWorkspace, type PulumiFn, Stack } from "@pulumi/pulumi/automation/index.js";
import { parse, stringify } from "yaml";
import type { Environment } from "../environment.ts";
import type { RehearsalPaths } from "../paths.ts";
import type { Toolchain } from "../toolchain.ts";
import { PROJECT } from "../../src/config/schema.ts";
import { removeTornAttributes } from "../../scripts/recover/torn-attributes.ts";
import { UserError } from "../user-error.ts";
import { sealedWorkspace, type SealedEngine } from "./sealed-engine.ts";
import { readStackOutputs } from "./state.ts";

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
  // Nobody else writes there: the rehearsal is locked.
  await removeTornAttributes(paths.stateFile);
  const config = await writeConfig(options);

  const workspace = await LocalWorkspace.create({ ...sealedWorkspace(engine), program: options.program });
  // Every command names its stack, so that one which is there need not be selected first: a process less.
  if (existsSync(paths.stateFile)) workspace.selectStack = () => Promise.resolve();
  const stack = await Stack.createOrSelect(paths.stackName, workspace).catch((error: unknown) => {
    throw damagedState(error, paths);
  });

  askLess(stack, paths);
  if (options.breakLock) await stack.cancel().catch(() => undefined);
  if (config.secrets !== undefined) {
    await stack.setAllConfig(
      Object.fromEntries(
        Object.entries(config.secrets).map(([key, value]) => [key, { value, secret: true }]),
      ),
    );
    await config.settled();
  }
  return stack;
}

/**
 * After each command the Automation API starts the CLI three times more: for the stack's history, which nobody reads here, and for its
 * outputs, masked and plain, which lie in the state; a third of a second of the processor each.
 */
function askLess(stack: Stack, { stateFile }: RehearsalPaths): void {
  stack.info = () => Promise.resolve(undefined);
  stack.outputs = () => readStackOutputs(stateFile, PASSPHRASE);
}

interface WrittenConfig {
  /** Those that have yet to be set, by the CLI, which encrypts them; undefined when what is written holds. */
  secrets?: Record<string, string>;
  /** Puts on record that they were. */
  settled(): Promise<void>;
}

/**
 * Writes the stack's config of the working directory. The encryption salt stays: the state's secrets depend on it. So do encrypted
 * secrets that are the same as before; others count as written once they are set as well (`settled`).
 */
async function writeConfig({ paths, environment }: WorkspaceOptions): Promise<WrittenConfig> {
  const file = join(paths.work, `Pulumi.${paths.stackName}.yaml`);
  const marker = join(paths.work, "secrets.sha256");
  const { plain, secrets } = environment;
  const fingerprint = createHash("sha256").update(JSON.stringify(secrets)).digest("hex");
  const settled = () => writeFile(marker, fingerprint);
  const text = await readFile(file, "utf8").catch(() => undefined);
  const before = (text === undefined ? {} : parse(text)) as { encryptionsalt?: string; config?: object };
  const known = (await readFile(marker, "utf8").catch(() => "")) === fingerprint;
  const encrypted = known ? pick(before.config ?? {}, Object.keys(secrets)) : {};
  const { encryptionsalt } = before;

  if (!known) await rm(marker, { force: true });
  await writeFile(
    file,
    stringify({ ...(encryptionsalt && { encryptionsalt }), config: { ...plain, ...encrypted } }),
  );
  return known ? { settled } : { secrets, settled };
}

function pick(values: object, keys: string[]): object {
  return Object.fromEntries(Object.entries(values).filter(([key]) => keys.includes(key)));
}

function damagedState(error: unknown, paths: RehearsalPaths): Error {
  const text = error instanceof Error ? error.message : String(error);
  const reason = /(?:error|failed)[^\n]*/i.exec(text.replace(/^code: .*$/gm, ""))?.[0] ?? text.split("\n")[0];
  return new UserError(
    `Pulumi cannot open the rehearsed stack: ${reason}\nIts state lies in ${paths.state} and was left as it is. ` +
      "Move the stack's folder away to begin the rehearsal anew.",
  );
}
