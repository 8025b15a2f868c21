/** A program of the workstation, run without a shell, with a time limit, its output kept out of reach of secrets. */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable } from "node:stream";
import { onInterrupt } from "./interrupt.ts";

export interface RunOptions {
  /** Seconds; then the program is ended. */
  seconds: number;
  /** Told of each line of both outputs as it comes. */
  onLine?: ((line: string) => void) | undefined;
  /** What must not be seen in any output or error. */
  secrets: readonly string[];
}

export class ProgramMissing extends Error {}

export class ProgramFailed extends Error {
  /** @param output The last lines of it. */
  constructor(
    why: string,
    readonly output: string,
    readonly timedOut: boolean,
    /** All that was printed to standard output until then. */
    readonly stdout: string,
  ) {
    super(output === "" ? why : `${why}: ${output}`);
  }
}

/** More lines than this say no more. */
const LAST_LINES = 8;
/** Milliseconds between asking a program to end and ending it. */
const GRACE = 5000;

/** Standard output of a program that succeeded. */
export async function runProgram(
  program: string,
  args: readonly string[],
  { seconds, onLine, secrets }: RunOptions,
): Promise<string> {
  const child = spawn(program, args, { env: environment(), stdio: ["ignore", "pipe", "pipe"] });
  const output = collect(child, secrets, onLine);
  let timedOut = false;
  const limit = setTimeout(() => {
    timedOut = true;
    end(child);
  }, seconds * 1000);
  const forget = onInterrupt(() => child.kill("SIGTERM"));
  try {
    const code = await new Promise<number | string>((resolve, reject) => {
      child.once("error", (error: NodeJS.ErrnoException) =>
        reject(
          error.code === "ENOENT"
            ? new ProgramMissing(`${program} was not found`)
            : new ProgramFailed(`${program} could not be started: ${error.message}`, "", false, ""),
        ),
      );
      child.once("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
    });
    const last = output.lines.slice(-LAST_LINES).join("\n");
    if (timedOut) throw new ProgramFailed(`no end within ${seconds} s`, last, true, output.stdout);
    if (code !== 0) throw new ProgramFailed(`exit code ${code}`, last, false, output.stdout);
    return output.stdout;
  } finally {
    clearTimeout(limit);
    forget();
  }
}

function end(child: ChildProcessByStdio<null, Readable, Readable>): void {
  child.kill("SIGTERM");
  setTimeout(() => {
    child.kill("SIGKILL");
    // A program of its own may still hold them.
    child.stdout.destroy();
    child.stderr.destroy();
  }, GRACE).unref();
}

function collect(
  child: ChildProcessByStdio<null, Readable, Readable>,
  secrets: readonly string[],
  onLine: RunOptions["onLine"],
): { stdout: string; lines: string[] } {
  const output = { stdout: "", lines: [] as string[] };
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream.setEncoding("utf8");
    const tell = (line: string) => {
      const clean = redacted(line, secrets);
      if (stream === child.stdout) output.stdout += `${clean}\n`;
      if (clean.trim() === "") return;
      output.lines = [...output.lines.slice(1 - LAST_LINES), clean.trim()];
      onLine?.(clean);
    };
    stream.on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      lines.forEach(tell);
    });
    stream.on("end", () => {
      if (rest !== "") tell(rest);
    });
  }
  return output;
}

export function redacted(text: string, secrets: readonly string[]): string {
  return secrets.reduce(
    (clean, secret) => (secret === "" ? clean : clean.replaceAll(secret, "[secret]")),
    text,
  );
}

/** The program needs neither Pulumi's passphrase nor Proxmox's token, and must not find other credentials by itself. */
const WITHHELD = /^(PULUMI_|PROXMOX_|TALOSCONFIG$|KUBECONFIG$)/;

function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !WITHHELD.test(name)));
}
