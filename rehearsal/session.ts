/**
 * One rehearsal, open: a stack's world with everything that speaks to it, and the engine over it. Commands run one after
 * the other; `close` ends every server and saves.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { OutputMap, PulumiFn, Stack } from "@pulumi/pulumi/automation/index.js";
import { loadProgram } from "./engine/program.ts";
import { OperationLog } from "./engine/operations.ts";
import { endOrphans } from "./engine/orphans.mjs";
import { markRun } from "./engine/run-mark.ts";
import { overhearing } from "./engine/overheard.ts";
import { runEngine } from "./engine/commands.ts";
import { previewTwice } from "./engine/second-preview.ts";
import { readState, withoutUnmade } from "./engine/state.ts";
import { ownVariables } from "./engine/sealed-engine.ts";
import { openStack, rehearsalEngine } from "./engine/workspace.ts";
import { PROTECT_KEY, PROXMOX_TOKEN_KEY, readEnvironment, validConfig, withOverlays } from "./environment.ts";
import type { Interceptor } from "./world/kernel/request-faults.ts";
import { openHomelab, type SimulatedHomelab } from "./homelab.ts";
import { takeLock } from "./lock.ts";
import { REPOSITORY, rehearsalPaths, type RehearsalPaths } from "./paths.ts";
import { timing, writeReport, type Report } from "./report.ts";
import { checksFor } from "./checks/index.ts";
import { runChecks, type Evidence } from "./checks/check.ts";
import { refuseDamagedReport } from "./store.ts";
import { readToolchain } from "./toolchain.ts";
import { recover, type Recovery } from "../scripts/recover/recover.ts";
import type { HomelabConfig } from "../src/config/types.ts";
import type { Command } from "./cli/arguments.ts";
import { UserError } from "./user-error.ts";
import { writeWrapper } from "./talosctl/wrapper.ts";
import { moveIn, moveOut } from "./world/household.ts";
import { overcommitments } from "./world/proxmox/hardware/overcommitment.ts";
import type { World } from "./world/kernel/world.ts";

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
  /**
   * Those before an `up` or a destroy, as the official CLI makes one, and the two after an `up`, which must be empty. Default: `all`;
   * a test may have another question.
   */
  previews?: "all" | "before" | "none";
  /** Whether somebody uses the cluster from its first `up` on: a workload on a large volume. Default: false, as the tests began. */
  inhabited?: boolean;
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
  refuseOlderFolder(paths, options.stack);
  const lock = takeLock(paths.lock, markRun());
  // Nobody's children any more: their process is gone, or the lock would be held.
  for (const before of lock.runsBefore) await endOrphans(before, 0);
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
    const engine = rehearsalEngine(paths, toolchain, homelab.attach);
    const stack = await openStack({
      paths,
      engine,
      environment: withOverlays(environment, [
        `proxmox.endpoint=${homelab.endpoint}`,
        "proxmox.insecure=true",
        `upgrade.talosEndpoint=${homelab.talosEndpoint}`,
        `upgrade.talosctl=${JSON.stringify(paths.talosctl)}`,
        `upgrade.kubernetesEndpoint=${homelab.kubernetesEndpoint}`,
        `upgrade.snapshots.directory=${JSON.stringify(paths.snapshots)}`,
      ]),
      program,
      breakLock: lock.stale,
    });
    const open = homelab;
    const { world } = open;
    // As text where `pulumi config set` wrote it.
    const unprotects = ([false, "false"] as unknown[]).includes(environment.plain[PROTECT_KEY]);
    return {
      config,
      world,
      paths,
      stack,
      run: (command) => run(command, { options, config, homelab: open, paths, stack, token, unprotects }),
      engineVariables: ownVariables(engine),
      recover: async () => {
        const recovery = await recover(stack, engine);
        await world.commit();
        return recovery;
      },
      close: async () => {
        await open.close();
        lock.release();
      },
    };
  } catch (error) {
    await homelab?.close();
    lock.release();
    throw error;
  }
}

/** Before rehearsed stacks had a name of their own, the state lay under the environment's: a world with VMs of nobody's now. */
function refuseOlderFolder({ folder, stateFile }: RehearsalPaths, stack: string): void {
  if (existsSync(stateFile) || !existsSync(join(dirname(stateFile), `${stack}.json`))) return;
  throw new UserError(
    `The rehearsal in ${folder} was begun by an earlier version of this program. Remove the folder to begin it anew; nothing real is in it.`,
  );
}

interface Running {
  options: RehearsalOptions;
  config: HomelabConfig;
  homelab: SimulatedHomelab;
  paths: RehearsalPaths;
  stack: Stack;
  token: string;
  unprotects: boolean;
}

async function run(
  command: Exclude<Command, "outputs" | "recover">,
  { options, config, homelab, paths, stack, token, unprotects }: Running,
): Promise<RunResult> {
  const { world, clock } = homelab;
  const log = new OperationLog(() => world.clock.now());
  const printed: string[] = [];
  const eventsBefore = world.state.events.length;
  const tasksBefore = homelab.taskTimes.length;
  const before = await readState(paths.stateFile);
  const output = {
    color: options.color ?? ("never" as const),
    onOutput: (text: string) => {
      printed.push(text);
      options.onOutput?.(text);
    },
  };
  const { previews = "all" } = options;
  const how = { overlaid: (options.overlays ?? []).length > 0, previewed: previews !== "none" };
  if (command === "destroy") await moveOut(world);
  const ended = await overhearing(
    (text) => printed.push(text),
    () => runEngine(command, stack, log, output, how, world.lost),
  );
  // An engine that was killed leaves its plugins behind, which would look after it in minutes only.
  if (ended.failure !== undefined) await endOrphans(markRun(), process.pid);
  world.lost.throwIfAborted();
  const after = await readState(paths.stateFile);
  log.addDependencies([...before, ...after]);
  // What time has brought about since the last request is put on record before anyone judges.
  await world.settle();
  if (options.inhabited && command === "up" && ended.failure === undefined) await moveIn(world);
  await world.commit();

  const outputs = ended.outputs ?? (await stack.outputs());
  // As it lies on the disk; an export would come decrypted.
  const stateText = await readFile(paths.stateFile, "utf8").catch(() => "");
  const eventsAfter = world.state.events.length;
  const secondPreviews =
    command === "up" && ended.failure === undefined && previews === "all"
      ? await clock.standing(() => previewTwice(stack))
      : undefined;
  const evidence: Evidence = {
    command,
    config: withoutUnmade(config, before),
    world,
    succeeded: ended.failure === undefined,
    eventsBefore,
    outputs,
    operations: log.operations,
    unprotects,
    states: { before, after },
    taskTimes: homelab.taskTimes.slice(tasksBefore),
    ...(secondPreviews && { secondPreviews }),
    touchedByPreviews: world.state.events.slice(eventsAfter).map(({ text }) => text),
    token,
    written: () => ({
      state: stateText,
      log: printed.join(""),
      record: JSON.stringify([world.state.events, log.operations, log.errors]),
    }),
  };
  const checks = await runChecks(checksFor(command), evidence);
  const { failure } = ended;
  const errors = failure && log.errors.length === 0 ? [failure] : log.errors;
  const report: Report = {
    stack: options.stack,
    command,
    ok: failure === undefined && checks.every(({ ok }) => ok),
    changes: log.changes,
    errors,
    checks,
    warnings: overcommitments(world.state.proxmox),
    ...timing(log.operations),
    operations: log.operations,
    events: world.state.events.slice(eventsBefore),
  };
  await writeReport(paths, report, outputs);
  return { report, outputs };
}
