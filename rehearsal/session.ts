/**
 * One rehearsal, open: a stack's world with everything that speaks to it, and the engine over it. Commands run one after
 * the other; `close` ends every server and saves.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { OutputMap, PulumiFn, Stack } from "@pulumi/pulumi/automation/index.js";
import { loadProgram } from "./engine/program.ts";
import { OperationLog } from "./engine/operations.ts";
import { runEngine } from "./engine/commands.ts";
import { readState, withoutUnmade } from "./engine/state.ts";
import { engineVariables, openStack } from "./engine/workspace.ts";
import { PROXMOX_TOKEN_KEY, readEnvironment, withOverlays } from "./environment.ts";
import type { Interceptor } from "./faults/fault.ts";
import { openHomelab, type SimulatedHomelab } from "./homelab.ts";
import { takeLock } from "./lock.ts";
import { REPOSITORY, rehearsalPaths, type RehearsalPaths } from "./paths.ts";
import { timing, writeReport, type Report } from "./report.ts";
import { checksFor } from "./checks/index.ts";
import { runChecks, type Evidence } from "./checks/check.ts";
import { refuseDamagedReport } from "./store.ts";
import { readToolchain } from "./toolchain.ts";
import { recover, type Recovery } from "../scripts/recover/recover.ts";
import { parseConfig } from "../src/config/parse.ts";
import { formatProblem } from "../src/config/problem.ts";
import type { HomelabConfig } from "../src/config/types.ts";
import type { Command } from "./arguments.ts";
import { UserError } from "./user-error.ts";
import { writeWrapper } from "./talosctl/wrapper.ts";
import { settle } from "./world/talos/cluster.ts";
import type { World } from "./world/world.ts";

export interface RehearsalOptions {
  stack: string;
  overlays?: string[];
  timeScale: number;
  /** Port of the simulated Proxmox; default: the one this world used before. */
  port?: number;
  /** Folder of the program and of its `Pulumi.<stack>.yaml`. Default: this repository. */
  project?: string;
  /** Folder that keeps states and worlds. Default: `.rehearsal` here. */
  root?: string;
  /** Instead of the project's own program: tests change it on the way. */
  program?: PulumiFn;
  /** Stands around everything that the homelab is asked for, so that faults can be put in. */
  intercept?: Interceptor;
  onOutput?: (text: string) => void;
  color?: "always" | "never";
}

export interface RunResult {
  report: Report;
  outputs: OutputMap;
}

export interface Rehearsal {
  config: HomelabConfig;
  world: World;
  paths: RehearsalPaths;
  stack: Stack;
  run(command: Exclude<Command, "outputs" | "recover">): Promise<RunResult>;
  /** Brings Pulumi's state in line with the homelab after a run that was cut off. */
  recover: () => Promise<Recovery>;
  /** What the CLI needs in its environment to run against this homelab. */
  engineVariables: Record<string, string>;
  close(): Promise<void>;
}

export async function openRehearsal(options: RehearsalOptions): Promise<Rehearsal> {
  const project = options.project ?? REPOSITORY;
  const paths = rehearsalPaths(options.stack, options.root);
  const [toolchain, environment, program] = await Promise.all([
    readToolchain(),
    readEnvironment(project, options.stack, options.overlays ?? []),
    options.program ?? loadProgram(project),
  ]);
  const config = validConfig({ ...environment.plain, ...environment.secrets }, options.stack);

  const token = environment.secrets[PROXMOX_TOKEN_KEY]!;

  await refuseDamagedReport(paths.report, options.stack);
  const lock = await takeLock(paths.lock);
  let homelab: SimulatedHomelab | undefined;
  try {
    // Before anything is opened, so that a damaged state stops the run with everything as it was.
    await readState(paths.stateFile);
    homelab = await openHomelab({
      ...options,
      config,
      paths,
      toolchain,
      token,
      hardware: join(project, "rehearsal", "hardware", `${options.stack}.yaml`),
    });
    await writeWrapper(paths.talosctl, toolchain.talosctl);
    const stack = await openStack({
      stack: options.stack,
      paths,
      environment: withOverlays(environment, [
        `proxmox.endpoint=${homelab.endpoint}`,
        "proxmox.insecure=true",
        `upgrade.talosEndpoint=${homelab.talosEndpoint}`,
        `upgrade.talosctl=${JSON.stringify(paths.talosctl)}`,
        `upgrade.kubernetesEndpoint=${homelab.kubernetesEndpoint}`,
        `upgrade.snapshots.directory=${JSON.stringify(paths.snapshots)}`,
      ]),
      toolchain,
      program,
      attach: homelab.attach,
      breakLock: lock.stale,
    });
    const open = homelab;
    const { world } = open;
    return {
      config,
      world,
      paths,
      stack,
      run: (command) => run(command, { options, config, world, paths, stack, token }),
      engineVariables: engineVariables(open.attach),
      recover: async () => {
        const recovery = await recover(stack, {
          pulumiHome: toolchain.pulumiHome,
          envVars: engineVariables(open.attach),
        });
        await world.commit();
        return recovery;
      },
      close: async () => {
        await open.close();
        await lock.release();
      },
    };
  } catch (error) {
    await homelab?.close();
    await lock.release();
    throw error;
  }
}

function validConfig(raw: Record<string, unknown>, stack: string): HomelabConfig {
  const parsed = parseConfig(raw);
  if (parsed.ok) return parsed.ok;
  const lines = parsed.problems.map((problem) => `  ${formatProblem(problem)}`);
  throw new UserError(`The configuration of stack "${stack}" cannot be used:\n${lines.join("\n")}`);
}

interface Running {
  options: RehearsalOptions;
  config: HomelabConfig;
  world: World;
  paths: RehearsalPaths;
  stack: Stack;
  token: string;
}

async function run(
  command: Exclude<Command, "outputs" | "recover">,
  { options, config, world, paths, stack, token }: Running,
): Promise<RunResult> {
  const log = new OperationLog(() => world.clock.now());
  const printed: string[] = [];
  const eventsBefore = world.state.events.length;
  const before = await readState(paths.stateFile);
  const output = {
    color: options.color ?? ("never" as const),
    onOutput: (text: string) => {
      printed.push(text);
      options.onOutput?.(text);
    },
  };
  const failure = await runEngine(command, stack, log, output, (options.overlays ?? []).length > 0);
  const after = await readState(paths.stateFile);
  log.addDependencies([...before, ...after]);
  // What time has brought about since the last request is put on record before anyone judges.
  await settle(world);
  await world.commit();

  const outputs = await stack.outputs();
  // As it lies on the disk; an export would come decrypted.
  const stateText = await readFile(paths.stateFile, "utf8").catch(() => "");
  const evidence: Evidence = {
    command,
    config: withoutUnmade(config, before),
    world,
    eventsBefore,
    outputs,
    operations: log.operations,
    token,
    written: () => ({
      state: stateText,
      log: printed.join(""),
      record: JSON.stringify([world.state.events, log.operations, log.errors]),
    }),
  };
  const checks = await runChecks(checksFor(command), evidence);
  const errors = failure && log.errors.length === 0 ? [failure] : log.errors;
  const report: Report = {
    stack: options.stack,
    command,
    ok: failure === undefined && checks.every(({ ok }) => ok),
    changes: log.changes,
    errors,
    checks,
    ...timing(log.operations),
    operations: log.operations,
    events: world.state.events.slice(eventsBefore),
  };
  await writeReport(paths, report, outputs);
  return { report, outputs };
}
