/** With real programs: small shell scripts in the place of talosctl. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ProgramFailed, ProgramMissing, runProgram } from "../../../../src/clients/talosctl/run-program.ts";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "program-"))));
afterEach(() => rmSync(folder, { recursive: true }));

function program(body: string, name = "program"): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

const OPTIONS = { seconds: 20, secrets: [] };

async function failure(promise: Promise<unknown>): Promise<ProgramFailed> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ProgramFailed)) throw new Error("it did not fail as a program");
  return error;
}

test("gives what was printed to standard output, and nothing of the other", async () => {
  const path = program('echo one; echo warning >&2; printf "two"');
  expect(await runProgram(path, [], OPTIONS)).toBe("one\ntwo\n");
});

test("no shell reads the arguments", async () => {
  const path = program('for a in "$@"; do echo "<$a>"; done');
  expect(await runProgram(path, ["a b", "$HOME; rm -rf /", "*"], OPTIONS)).toBe(
    "<a b>\n<$HOME; rm -rf />\n<*>\n",
  );
});

test("is found on the PATH by its name", async () => {
  program("echo found", "a-program-of-this-test");
  const path = process.env.PATH;
  process.env.PATH = `${folder}:${path ?? ""}`;
  try {
    expect(await runProgram("a-program-of-this-test", [], OPTIONS)).toBe("found\n");
  } finally {
    process.env.PATH = path;
  }
});

test("one that is not there is told from one that fails", async () => {
  await expect(runProgram(join(folder, "none"), [], OPTIONS)).rejects.toThrow(ProgramMissing);
  await expect(runProgram("no-such-program-anywhere", [], OPTIONS)).rejects.toThrow(
    "no-such-program-anywhere was not found",
  );
});

test("one that may not be run is a failure with the cause", async () => {
  writeFileSync(join(folder, "text"), "no program");
  expect((await failure(runProgram(join(folder, "text"), [], OPTIONS))).message).toContain(
    "could not be started",
  );
});

test("a failure ends in the last lines of what was printed, and keeps standard output", async () => {
  const path = program("for i in 1 2 3 4 5 6 7 8 9 10; do echo line $i; done; echo the cause >&2; exit 3");
  const error = await failure(runProgram(path, [], OPTIONS));
  expect(error.message).toMatch(/^exit code 3: line [3-4]\n/);
  expect(error.message).toContain("the cause");
  expect(error.message).not.toContain("line 2\n");
  expect(error.stdout).toContain("line 1\n");
  expect(error.timedOut).toBe(false);
});

test("lines of both outputs are told as they come", async () => {
  const lines: string[] = [];
  const path = program("echo one; echo two >&2; printf three");
  await runProgram(path, [], { ...OPTIONS, onLine: (line) => lines.push(line) });
  expect(lines.sort()).toEqual(["one", "three", "two"]);
});

test("secrets come out of nowhere: not of output, lines or errors", async () => {
  const lines: string[] = [];
  const path = program("echo the key is s3cr3t; echo s3cr3t again >&2; exit 1");
  const error = await failure(
    runProgram(path, [], { seconds: 20, secrets: ["s3cr3t", ""], onLine: (line) => lines.push(line) }),
  );
  expect(JSON.stringify([error.message, error.stdout, error.output, lines])).not.toContain("s3cr3t");
  expect(error.stdout).toBe("the key is [secret]\n");
});

describe("the environment", () => {
  test("holds none of this program's own secrets, nor other credentials", async () => {
    const names = ["PULUMI_CONFIG_PASSPHRASE", "PROXMOX_VE_API_TOKEN", "TALOSCONFIG", "KUBECONFIG"];
    const before = names.map((name) => process.env[name]);
    for (const name of names) process.env[name] = "withheld";
    try {
      const output = await runProgram(program("env"), [], OPTIONS);
      expect(output).toContain("PATH=");
      expect(output).not.toContain("withheld");
    } finally {
      names.forEach((name, index) => {
        if (before[index] === undefined) delete process.env[name];
        else process.env[name] = before[index];
      });
    }
  });
});

test("one that takes too long is ended, and what it said last is told", async () => {
  const path = program("echo waiting for the node; exec sleep 60");
  const error = await failure(runProgram(path, [], { seconds: 0.3, secrets: [] }));
  expect(error.message).toBe("no end within 0.3 s: waiting for the node");
  expect(error.timedOut).toBe(true);
});

test("no listener is left behind", async () => {
  const before = process.listenerCount("SIGTERM");
  await runProgram(program("true"), [], OPTIONS);
  await runProgram(program("false"), [], OPTIONS).catch(() => undefined);
  expect(process.listenerCount("SIGTERM")).toBe(before);
});
