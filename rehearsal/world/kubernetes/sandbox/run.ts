/**
 * Runs a container's command for real, so that the world judges what a script does and not what it says: the workstation's
 * `/bin/sh` in a temporary directory that stands for the container's root. PATH holds shims only; each asks this process, over
 * descriptor 9 and a named pipe, what the command does in the simulated container (`commands.ts`). POSIX sh only.
 */
import { spawn } from "node:child_process";
import {
  constants,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { open, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Identity } from "../privileges.ts";
import { COMMANDS, READERS, runCommand } from "./commands.ts";
import { ContainerFs, type SandboxMount } from "./filesystem.ts";
import { mountTable } from "./inspect.ts";
import { Limit } from "./limit.ts";
import { rewriteScript, rewriteWord, unsafe } from "./paths.ts";

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
  /** stdout and stderr in order of arrival, with the container's own paths. */
  output: string;
  timedOut: boolean;
}

const OUTPUT_LIMIT = 64 * 1024;

/** Descriptor on which the shims say which of them calls: high enough not to be one that a script uses. */
const CALLS = 9;
const STDIO = Array.from({ length: CALLS + 1 }, (_, fd) =>
  [1, 2, CALLS].includes(fd) ? ("pipe" as const) : ("ignore" as const),
);

/** `mount.files` of every writable mount hold afterwards what the command left there. */
export async function runInSandbox(run: SandboxRun): Promise<SandboxResult> {
  // The sandbox is two levels below the temporary directory, so that no relative path of a script leaves it by accident.
  const top = realpathSync(mkdtempSync(join(tmpdir(), "rehearsal-container-")));
  const root = join(top, "container", "root");
  const control = join(top, "control");
  mkdirSync(root, { recursive: true });
  mkdirSync(control);
  try {
    const fs = new ContainerFs(root, run.mounts, run.identity, run.readOnlyRoot ?? false);
    return await execute(run, fs, root, control);
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

async function execute(
  run: SandboxRun,
  fs: ContainerFs,
  root: string,
  control: string,
): Promise<SandboxResult> {
  const mountPaths = run.mounts.map(({ mountPath }) => mountPath);
  const words = run.command.map((word) => rewriteScript(word, root, mountPaths));
  const refused = words.map((word) => unsafe(word, root)).find(Boolean);
  if (refused)
    return {
      code: 126,
      output: `refused to run this script on the workstation: ${refused}`,
      timedOut: false,
    };
  const [program = ""] = run.command;
  const shell = /^(.*\/)?(sh|ash|dash)$/.test(program);
  const known = [...COMMANDS, ...READERS].includes(program.replace(/^.*\//, ""));
  if (!shell && !known) {
    return { code: 127, output: `exec: "${program}": executable file not found in $PATH`, timedOut: false };
  }
  installShims(root, control);
  refreshProc(fs);
  const env: Record<string, string> = {
    PATH: join(root, "bin"),
    HOME: join(root, "root"),
    LC_ALL: "C",
    REHEARSAL_CONTROL: control,
  };
  for (const [name, value] of Object.entries(run.env ?? {})) env[name] = rewriteWord(value, root, mountPaths);

  const argv = shell ? words.slice(1) : ["-c", 'exec "$@"', "sh", ...words];
  const child = spawn("/bin/sh", argv, { cwd: root, env, detached: true, stdio: STDIO });
  let output = "";
  const collect = (chunk: Buffer) => {
    if (output.length < OUTPUT_LIMIT) output += chunk.toString("utf8");
  };
  child.stdout?.on("data", collect);
  child.stderr?.on("data", collect);
  const calls = createInterface({ input: (child.stdio as unknown as (Readable | null)[])[CALLS]! });
  let timedOut = false;
  const stop = () => {
    timedOut = true;
    if (child.pid) {
      try {
        process.kill(-child.pid, "SIGKILL"); // the group of this very child
      } catch {
        // it has just ended by itself
      }
    }
  };
  const limit = new Limit(run.limitMs ?? 20_000, stop);
  const timed = {
    ...run,
    sleep: (seconds: number) => limit.outside(run.sleep(seconds)),
    fetch: (url: URL) =>
      limit.outside(run.fetch?.(url) ?? Promise.reject(new Error(`bad address '${url.hostname}'`))),
  };
  calls.on("line", (line) => void answer(join(control, line), fs, timed));
  run.signal?.addEventListener("abort", stop, { once: true });
  const code = await new Promise<number>((resolve) => {
    child.on("error", () => resolve(127));
    child.on("close", (status) => resolve(status ?? 137));
  });
  limit.end();
  run.signal?.removeEventListener("abort", stop);
  calls.close();

  const illegal = fs.illegalWrites();
  for (const { path, error } of illegal) output += `sh: can't create ${path}: ${error}\n`;
  const failed = code !== 0 || illegal.length > 0;
  for (const mount of run.mounts) {
    if (!mount.readOnly && illegal.length === 0) mount.files = fs.pack(mount);
  }
  const told = output.replaceAll(root, "").trimEnd();
  return {
    code: failed ? code || 1 : 0,
    output: timedOut ? `${told}\n(it did not end)`.trim() : told,
    timedOut,
  };
}

const SHIM = `#!/bin/sh
call="$REHEARSAL_CONTROL/$$"
{ printf '%s\\0' "$PWD" "$(umask)" "\${0##*/}"; [ $# -eq 0 ] || printf '%s\\0' "$@"; } > "$call.request"
@MKFIFO@ "$call.answer"
printf '%s\\n' "$$" >&9
read -r code < "$call.answer"
case "$code" in
  real*) program="\${code#real }"; @RM@ -f "$call.answer" "$call.request"; exec "$program" "$@" ;;
esac
@CAT@ "$call.out"
@CAT@ "$call.err" >&2
@RM@ -f "$call".*
exit "$code"
`;

function installShims(root: string, control: string): void {
  const shim = join(control, "shim");
  writeFileSync(
    shim,
    SHIM.replace("@MKFIFO@", tool("mkfifo")).replaceAll("@RM@", tool("rm")).replaceAll("@CAT@", tool("cat")),
  );
  chmodSync(shim, 0o700);
  for (const dir of ["bin", "usr/bin", "usr/sbin", "sbin"]) {
    mkdirSync(join(root, dir), { recursive: true });
    for (const name of new Set([...COMMANDS, ...READERS])) symlinkSync(shim, join(root, dir, name));
  }
}

async function answer(
  call: string,
  fs: ContainerFs,
  run: Required<Pick<SandboxRun, "sleep" | "fetch">> & SandboxRun,
): Promise<void> {
  const [cwd = "", umask = "22", name = "", ...args] = readFileSync(`${call}.request`, "utf8")
    .split("\0")
    .slice(0, -1);
  let reply: string;
  try {
    const result = await runCommand(
      fs,
      { name, args, cwd, umask: parseInt(umask, 8) },
      {
        sleep: (seconds) => run.sleep(seconds),
        fetch: (url) => run.fetch(url),
        hostname: run.hostname ?? "pod",
      },
    );
    refreshProc(fs);
    await writeFile(`${call}.out`, result.out);
    await writeFile(`${call}.err`, result.err);
    reply = result.real ? `real ${tool(name)}` : String(result.code);
  } catch (error) {
    await writeFile(`${call}.out`, "");
    await writeFile(`${call}.err`, `${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    reply = "1";
  }
  // Opened for reading too: a shim that was killed meanwhile must not leave this waiting.
  const pipe = await open(`${call}.answer`, constants.O_RDWR).catch(() => undefined);
  await pipe?.write(`${reply}\n`);
  setTimeout(() => void pipe?.close().catch(() => undefined), 200).unref();
}

function refreshProc(fs: ContainerFs): void {
  // Paths of this table are compared with rewritten ones, so they carry the temporary directory too.
  const table = mountTable(fs).replace(
    /^(\S+) (\/\S*)/gm,
    (_, device: string, path: string) => `${device} ${fs.real(path)}`,
  );
  for (const path of ["/proc/mounts", "/proc/self/mounts", "/etc/mtab"]) writeFileSync(fs.real(path), table);
}

const found = new Map<string, string>();

function tool(name: string): string {
  const known = found.get(name);
  if (known) return known;
  const path = ["/bin", "/usr/bin", "/usr/local/bin", "/sbin", "/usr/sbin"]
    .map((dir) => join(dir, name))
    .find((candidate) => existsSync(candidate));
  if (!path) throw new Error(`${name}: not found on this workstation`);
  found.set(name, path);
  return path;
}
