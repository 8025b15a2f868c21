/** Finds and kills the Pulumi CLI that the Automation API started from this process, as an out-of-memory killer would. */
import { execFile } from "node:child_process";
import { basename } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

/** Wall-clock milliseconds that an orphaned plugin may go on with what it was doing. */
const PLUGINS_LINGER = 300;

export interface Process {
  pid: number;
  parent: number;
  /** Program and arguments, as `ps` prints them. */
  command: string;
}

/** Every process, as POSIX's `ps` lists them. */
export function parseProcesses(table: string): Process[] {
  return table.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
    return match ? [{ pid: Number(match[1]), parent: Number(match[2]), command: match[3]! }] : [];
  });
}

/** The CLI's processes that this process started, without what they started in turn. */
export function enginesOf(parent: number, processes: Process[]): Process[] {
  return processes.filter(
    (each) =>
      each.parent === parent && /^pulumi(\.exe)?$/.test(basename(each.command.split(" ", 1)[0] ?? "")),
  );
}

/** What a process started, and what that started: the plugins of an engine. */
export function descendantsOf(pid: number, processes: Process[]): Process[] {
  const children = processes.filter(({ parent }) => parent === pid);
  return children.flatMap((child) => [child, ...descendantsOf(child.pid, processes)]);
}

async function list(): Promise<Process[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,args="], {
    maxBuffer: 16 * 1024 * 1024,
  });
  return parseProcesses(stdout);
}

/**
 * SIGKILL for the engine. Its plugin is left alone for the moment, as in life, and reaped a little later: without an engine
 * nobody can ask it for anything, and a campaign would fill the machine with them.
 */
export async function killEngine(parent = process.pid): Promise<void> {
  const processes = await list();
  const engines = enginesOf(parent, processes);
  if (engines.length === 0)
    throw new Error("there is no engine to kill: no Pulumi CLI runs below this process");
  const plugins = engines.flatMap(({ pid }) => descendantsOf(pid, processes));
  for (const { pid } of engines) signal(pid, "SIGKILL");
  while (engines.some(({ pid }) => signal(pid, 0))) await wait(10);
  await wait(PLUGINS_LINGER);
  plugins.forEach(({ pid }) => signal(pid, "SIGKILL"));
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}
