import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Limit } from "../../../../rehearsal/world/kubernetes/sandbox/limit.ts";

let stopped: number;
const stop = () => void stopped++;

beforeEach(() => {
  stopped = 0;
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

/** Something outside that takes so long. */
function outside(limit: Limit, milliseconds: number): Promise<void> {
  return limit.outside(new Promise((resolve) => setTimeout(resolve, milliseconds)));
}

test("a script's own time is limited", () => {
  const limit = new Limit(1000, stop);
  vi.advanceTimersByTime(999);
  expect(stopped).toBe(0);
  vi.advanceTimersByTime(1);
  expect(stopped).toBe(1);
  limit.end();
});

test("what it waits for does not count, also where two waits overlap", async () => {
  const limit = new Limit(1000, stop);
  await vi.advanceTimersByTimeAsync(600);
  const waits = Promise.all([outside(limit, 2000), outside(limit, 3000)]);
  await vi.advanceTimersByTimeAsync(3000);
  await waits;
  expect(stopped).toBe(0);
  await vi.advanceTimersByTimeAsync(399);
  expect(stopped).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(stopped).toBe(1);
  limit.end();
});

test("waiting without end is ended after six times as long", async () => {
  const limit = new Limit(1000, stop);
  void outside(limit, 1_000_000);
  await vi.advanceTimersByTimeAsync(6000);
  expect(stopped).toBe(1);
  limit.end();
});

test("after the end nothing is stopped any more", async () => {
  const limit = new Limit(1000, stop);
  const pending = outside(limit, 500);
  limit.end();
  await vi.advanceTimersByTimeAsync(100_000);
  await pending;
  expect(stopped).toBe(0);
});
