/**
 * Runs a container's command, so that the world judges what a script does and not what it says. The script is interpreted
 * (`shell/`): its files are the simulated ones, its commands those of `commands.ts`, and nothing of the workstation is read,
 * written, started or in its environment. POSIX sh only, as busybox has it.
 */
import type { Identity } from "../pods/privileges.ts";
import { PROGRAMS } from "./commands.ts";
import { ContainerFs, type SandboxMount } from "./filesystem.ts";
import { mountTable } from "./inspect.ts";
import { Limit } from "./limit.ts";
import { Budget, Killed, toBytes, toText } from "./shell/budget.ts";
import { Input, type Channel } from "./shell/channels.ts";
import { DEFAULT_PATH, runWords } from "./shell/simple.ts";
import { newShell, type Machine } from "./shell/state.ts";
import { toTheEnd } from "./shell/substitute.ts";

export interface SandboxRun {
  command: string[];
  env?: Record<string, string>;
  identity: Identity;
  mounts: SandboxMount[];
  readOnlyRoot?: boolean;
  hostname?: string;
  /** Simulated sleep. */
  sleep(seconds: number): Promise<void>;
  /** What an HTTP GET answers from inside the cluster; throws as a client would. Default: nothing is there. */
  fetch?(url: URL): Promise<string>;
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

/** `mount.files` of every writable mount hold afterwards what the command left there. */
export async function runInSandbox(run: SandboxRun): Promise<SandboxResult> {
  const budget = new Budget();
  const fs = new ContainerFs(run.mounts, run.identity, run.readOnlyRoot ?? false, (bytes) =>
    budget.spend(bytes),
  );
  for (const path of ["/proc/mounts", "/proc/self/mounts", "/etc/mtab"])
    fs.provide(path, { made: () => mountTable(fs) });
  for (const directory of ["/bin", "/usr/bin", "/sbin", "/usr/sbin"]) {
    for (const program of PROGRAMS)
      fs.provide(`${directory}/${program}`, { program: program === "ash" ? "sh" : program });
  }
  const [program = ""] = run.command;
  const known = PROGRAMS.includes(program.replace(/^.*\//, "")) || fs.exists(fs.path(program, "/"));
  if (!known) {
    return { code: 127, output: `exec: "${program}": executable file not found in $PATH`, timedOut: false };
  }

  let output = "";
  const log: Channel = {
    write: (bytes) => {
      if (output.length < OUTPUT_LIMIT) output += bytes.slice(0, OUTPUT_LIMIT - output.length);
    },
  };
  const environment = new Map([
    ["PATH", DEFAULT_PATH],
    ["HOME", "/root"],
    ...Object.entries(run.env ?? {}).map(([name, value]) => [toBytes(name), toBytes(value)] as const),
  ]);
  const channels = new Map([
    [0, { input: new Input() }],
    [1, log],
    [2, log],
  ]);

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
  const machine: Machine = {
    fs,
    budget,
    outside: {
      sleep: (seconds) => limit.outside(run.sleep(seconds)),
      fetch: async (url) =>
        toBytes(
          await limit.outside(run.fetch?.(url) ?? Promise.reject(new Error(`bad address '${url.hostname}'`))),
        ),
      hostname: run.hostname ?? "pod",
      now: () => Date.now() / 1000,
    },
  };
  const shell = newShell(machine, { environment, channels, cwd: "/", depth: 0 });
  let code: number;
  let killed: string | undefined;
  try {
    code = await Promise.race([toTheEnd(shell, () => runWords(shell, run.command.map(toBytes))), ended]);
  } catch (error) {
    // A stack that ran over is the script's own doing as well: its words nest, which no budget counts.
    if (!(error instanceof Killed) && !(error instanceof RangeError)) throw error;
    code = KILLED;
    killed = error instanceof Killed ? error.message : "it nests too deeply";
  } finally {
    limit.end();
    run.signal?.removeEventListener("abort", stop);
  }
  // The container ends with its first process, and what still runs in the background with it.
  budget.stop("the container has ended");

  for (const mount of run.mounts) if (!mount.readOnly) mount.files = fs.pack(mount);
  const told = toText(output).trimEnd();
  return { code, output: killed === undefined ? told : `${told}\n(${killed})`.trim(), timedOut };
}
