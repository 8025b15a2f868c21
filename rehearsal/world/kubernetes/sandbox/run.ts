/**
 * Runs a container's command, so that the world judges what a script does and not what it says. The script is interpreted
 * (`shell/`): its files are the simulated ones, its commands those of `commands/`, and nothing of the workstation is read,
 * written, started or in its environment. What the program's scripts do not use of busybox's shell is not known, and ends them.
 */
import type { Identity } from "../pods/privileges.ts";
import { Budget, Killed, Unknown } from "./budget.ts";
import { ContainerFs, type SandboxMount } from "./filesystem.ts";
import { Limit } from "./limit.ts";
import { runWords } from "./shell/execute.ts";
import type { Shell } from "./shell/state.ts";
import { runScript, toTheEnd } from "./shell/substitute.ts";

export interface SandboxRun {
  command: string[];
  env?: Record<string, string>;
  identity: Identity;
  mounts: SandboxMount[];
  readOnlyRoot?: boolean;
  /** Simulated sleep. */
  sleep(seconds: number): Promise<void>;
  /** Wall-clock limit in milliseconds, without what it waits for: a script that does not end is a mistake, not a wait. */
  limitMs?: number;
  signal?: AbortSignal;
}

export interface SandboxResult {
  code: number;
  /** stdout and stderr in order of arrival. */
  output: string;
  timedOut: boolean;
}

const OUTPUT_LIMIT = 64 * 1024;
/** As of a process that got SIGKILL. */
const KILLED = 137;
/** As of a command that is not there. */
const NOT_FOUND = 127;

/** `mount.files` of every writable mount hold afterwards what the command left there. */
export async function runInSandbox(run: SandboxRun): Promise<SandboxResult> {
  const budget = new Budget();
  const fs = new ContainerFs(run.mounts, run.identity, run.readOnlyRoot ?? false);
  let output = "";
  const log = (text: string) => {
    if (output.length < OUTPUT_LIMIT) output += text.slice(0, OUTPUT_LIMIT - output.length);
  };

  let timedOut = false;
  let stopped: (reason: Killed) => void = () => undefined;
  const ended = new Promise<never>((_, reject) => {
    stopped = reject;
  });
  ended.catch(() => undefined); // it may end before anybody waits
  const stop = () => {
    timedOut = true;
    budget.stop("it did not end");
    stopped(new Killed("it did not end"));
  };
  const limit = new Limit(run.limitMs ?? 20_000, stop);
  if (run.signal?.aborted) stop();
  run.signal?.addEventListener("abort", stop, { once: true });
  const outside = {
    sleep: (seconds: number) => limit.outside(run.sleep(seconds)),
    now: () => Date.now() / 1000,
  };
  const shell: Shell = {
    machine: { fs, budget, outside },
    variables: new Map(Object.entries(run.env ?? {})),
    args: [],
    functions: new Map(),
    options: new Set(),
    status: 0,
    substituted: 0,
    input: { text: "" },
    out: log,
    err: log,
    depth: 0,
    tested: 0,
  };
  let code: number;
  try {
    code = await Promise.race([start(shell, run.command), ended]);
  } catch (error) {
    // A stack that ran over is the script's own doing as well: its words nest, which no budget counts.
    if (error instanceof Killed) output += `\n(${error.message})`;
    else if (error instanceof RangeError) output += "\n(it nests too deeply)";
    else if (error instanceof Unknown) output += `sh: ${error.message}`;
    else throw error;
    code = error instanceof Unknown ? NOT_FOUND : KILLED;
  } finally {
    limit.end();
    run.signal?.removeEventListener("abort", stop);
  }
  // What was raced against goes no further.
  budget.stop("the container has ended");

  for (const mount of run.mounts) if (!mount.readOnly) mount.files = fs.pack(mount);
  return { code, output: output.trim(), timedOut };
}

/** A container's command is started without a shell, by its name or by its path. */
function start(shell: Shell, command: string[]): Promise<number> {
  const [path = "", ...args] = command;
  const name = path.replace(/^\/(usr\/)?s?bin\//, "");
  const [option, script] = args;
  if (name !== "sh") return toTheEnd(shell, () => runWords(shell, [name, ...args]));
  if (option !== "-c" || script === undefined || args.length > 2) throw new Unknown(command.join(" "));
  return runScript(shell, script);
}
