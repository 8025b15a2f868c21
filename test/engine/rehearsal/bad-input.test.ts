/** What a user, or a bad day, can hand the rehearsal: one clear message, a failing exit code, nothing changed or lost. */
import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REPOSITORY, rehearsalPaths } from "../../../rehearsal/paths.ts";
import { UserError } from "../../../rehearsal/user-error.ts";
import { bench, type Bench } from "../support/rehearse.ts";

let lab: Bench;

beforeAll(async () => {
  lab = await bench();
});

afterAll(() => lab.remove());

interface Ended {
  code: number;
  stderr: string;
  stdout: string;
}

function cli(...args: string[]): Promise<Ended> {
  const command = ["--import", "tsx", join("rehearsal", "cli", "rehearse.ts"), ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: REPOSITORY }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

describe("the command line", () => {
  test.each([
    [["--stack", "labb"], /^There is no stack "labb".* Did you mean "lab"\? Stacks here: .*lab, rack/],
    [["--stak", "lab"], /^Unknown option "--stak"; did you mean "--stack"\?/],
    [["--stack", "lab", "destory"], /^Unknown command "destory"; did you mean "destroy"\?/],
    [[], /^Which environment\? Say --stack <name>\./],
    [["--stack", "lab", "-c", "protect"], /^--config wants key=value/],
    [["--stack", "../lab"], /is no name of a stack/],
    [
      ["--stack", "lab", "--time-scale", "0"],
      /^--time-scale takes a whole number from 1 to 100000; found "0"/,
    ],
  ])("refuses %j", async (args, message) => {
    const { code, stderr } = await cli(...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test("lists every mistake of a config at once", async () => {
    const { code, stderr } = await cli(
      "--stack",
      "lab",
      "preview",
      "-c",
      "nodes[1].vmId=126",
      "-c",
      "network.gatway=1",
    );
    expect(code).toBe(1);
    expect(stderr).toContain('homelab:network.gatway: is no known key; did you mean "gateway"?');
    expect(stderr).toContain('homelab:nodes[1].vmId: 126 is already the id of node "cp-1"');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test("explains itself", async () => {
    const { code, stdout } = await cli("--help");
    expect(code).toBe(0);
    expect(stdout).toContain("Usage: npm run rehearse");
  });
});

describe("files of an earlier run", () => {
  test.each([
    ["world", '{"format":1', "it is no JSON"],
    ["world", '{"format":7}', "it does not hold the world"],
    ["stateFile", "garbage", "it is no JSON"],
    ["stateFile", '{"version":3}', "it holds no Pulumi checkpoint"],
  ] as const)("a damaged %s (%s) is refused and left as it is", async (which, content, reason) => {
    const file = rehearsalPaths("lab", lab.root)[which];
    await mkdir(join(file, ".."), { recursive: true });
    await writeFile(file, content);
    const attempt = lab.run("up");
    await expect(attempt).rejects.toThrow(UserError);
    await expect(attempt).rejects.toThrow(reason);
    expect(await readFile(file, "utf8")).toBe(content);
    await rm(file);
  });

  test("a lock of a run that is still going is respected, and one of a dead run is not", async () => {
    const { lock } = rehearsalPaths("lab", lab.root);
    await writeFile(lock, JSON.stringify({ pid: process.pid }));
    await expect(lab.run("preview")).rejects.toThrow(/Another rehearsal of this stack is running/);
    await writeFile(lock, JSON.stringify({ pid: 2 ** 22 + 1 }));
    expect((await lab.run("preview")).ok).toBe(true);
  });
});

test("a port that is taken is named, with what to do", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as AddressInfo;
  await expect(lab.run("preview", { port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken`);
  other.close();
});
