import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { takeLock } from "../../../rehearsal/lock.ts";
import { here, startOf } from "../../../scripts/bootstrap/processes.mjs";

const RACERS = 6;
const racers: ChildProcess[] = [];
const folder = mkdtempSync(join(tmpdir(), "lock-test-"));

beforeAll(() => {
  const program = fileURLToPath(new URL("lock-racer.ts", import.meta.url));
  for (let i = 0; i < RACERS; i++) racers.push(fork(program, { execArgv: ["--import", "tsx"] }));
});

afterAll(() => {
  for (const racer of racers) racer.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** How many of the processes hold the lock when each has tried to take it at the same moment. */
async function race(file: string): Promise<number> {
  const told = racers.map((racer) => once(racer, "message") as Promise<[{ held: boolean }]>);
  for (const racer of racers) racer.send({ file, at: Date.now() + 5 });
  const holders = (await Promise.all(told)).filter(([{ held }]) => held).length;
  const released = racers.map((racer) => once(racer, "message"));
  for (const racer of racers) racer.send({});
  await Promise.all(released);
  return holders;
}

const dead = (token: string) => JSON.stringify({ pid: 2 ** 22 + 1, host: here(), token });

it.each([
  ["that nobody holds", undefined],
  ["whose holder was killed", dead],
  ["that is damaged", () => "{"],
])("a lock %s goes to one of many processes", async (name, left) => {
  const holders: number[] = [];
  for (let round = 0; round < 150; round++) {
    const file = join(folder, `${name.replaceAll(" ", "-")}-${round}`);
    if (left) writeFileSync(file, left(`${round}`));
    holders.push(await race(file));
  }
  expect(holders.filter((count) => count !== 1)).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

it("is refused to a second one, which is told who has it", () => {
  const file = join(folder, "held");
  const { stale, release } = takeLock(file);
  expect(stale).toBe(false);
  expect(() => takeLock(file)).toThrow(
    `Another rehearsal of this stack is running (process ${process.pid}). Wait for it, or, if it is not, remove ${file}.`,
  );
  release();
  expect(readdirSync(folder)).toEqual([]);
});

it("is taken from a process whose number another one has by now", () => {
  const file = join(folder, "reused");
  const reused = {
    pid: process.ppid,
    host: here(),
    started: `not ${startOf(process.ppid)}`,
    token: "t",
    run: "r",
  };
  writeFileSync(file, JSON.stringify(reused));
  const { stale, runsBefore, release } = takeLock(file);
  expect({ stale, runsBefore }).toEqual({ stale: true, runsBefore: ["r"] });
  release();
});
