import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { endingWithProgram } from "../../../rehearsal/engine/program-failure.ts";

// The runner takes every rejection that nobody handles for a fault of the tests.
const others = process.listeners("unhandledRejection");
process.removeAllListeners("unhandledRejection");
afterAll(() => {
  expect(process.listenerCount("unhandledRejection")).toBe(0);
  for (const other of others) process.on("unhandledRejection", other);
});

function rejectLater(milliseconds: number): void {
  void sleep(milliseconds).then(() => Promise.reject(new Error("nobody handles this")));
}

/** Whether it was told to end, within some seconds. */
function run(during: () => void = () => undefined): Promise<boolean> {
  return endingWithProgram(async ({ signal }) => {
    during();
    await sleep(3500, undefined, { signal }).catch(() => undefined);
    return signal.aborted;
  });
}

test("a program that fails ends its run, and what it rejects after its end does not end the next one", async () => {
  expect(await run(() => rejectLater(50))).toBe(true);
  expect(await endingWithProgram(() => Promise.resolve(rejectLater(300)))).toBe(undefined);
  expect(await run()).toBe(false);
});

test("nor is anybody else told of it, who would take it for a failure of the next one", async () => {
  const told: unknown[] = [];
  const listen = (reason: unknown) => told.push(reason);
  await endingWithProgram(() => Promise.resolve(rejectLater(100)));
  process.on("unhandledRejection", listen);
  await endingWithProgram(async () => {
    await sleep(400);
    rejectLater(50);
    await sleep(200);
  });
  process.off("unhandledRejection", listen);
  expect(told).toHaveLength(1);
});
