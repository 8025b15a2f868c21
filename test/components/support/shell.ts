/** Runs a script of the program under a real shell, in a folder of its own, with some commands replaced. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The shell that containers have, where this machine has it too, besides its own. */
export const SHELLS: { name: string; command: string[] }[] = [
  { name: "sh", command: ["/bin/sh"] },
  ...(hasBusybox() ? [{ name: "busybox sh", command: ["busybox", "sh"] }] : []),
];

function hasBusybox(): boolean {
  try {
    execFileSync("busybox", ["true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

export class ScriptFolder {
  readonly path = mkdtempSync(join(tmpdir(), "script-"));
  readonly #commands = join(this.path, ".commands");
  readonly #log = join(this.path, ".log");

  /** Replaces a command; every use of it is on record. `body` is shell, the arguments are `$@`. */
  replace(command: string, body: string): void {
    mkdirSync(this.#commands, { recursive: true });
    const file = join(this.#commands, command);
    writeFileSync(file, `#!/bin/sh\necho "${command} $*" >> '${this.#log}'\n${body}\n`);
    chmodSync(file, 0o755);
  }

  /** Uses of replaced commands so far, as typed. */
  used(): string[] {
    return existsSync(this.#log) ? readFileSync(this.#log, "utf8").trimEnd().split("\n") : [];
  }

  run(script: string, shell: readonly string[] = ["/bin/sh"]): Ran {
    const [program, ...args] = shell;
    const { status, stdout, stderr } = spawnSync(program!, [...args, "-c", script], {
      encoding: "utf8",
      env: { PATH: `${this.#commands}:${process.env.PATH ?? ""}`, LC_ALL: "C" },
    });
    return { code: status, stdout, stderr };
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
