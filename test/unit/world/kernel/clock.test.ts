import { expect, test } from "vitest";
import { ScaledClock, timed } from "../../../../rehearsal/world/kernel/clock.ts";

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test("time goes on from the offset, by its scale", async () => {
  const clock = new ScaledClock(100, 1000);
  await clock.sleep(20);
  expect(clock.now()).toBeGreaterThanOrEqual(119);
});

test("it stands while something goes on beside the story, and moves on from there", async () => {
  const clock = new ScaledClock(0, 1000);
  const stood = await clock.standing(async () => {
    const before = clock.now();
    await pause(30);
    return [before, clock.now()];
  });
  expect(stood[1]).toBe(stood[0]);
  expect(clock.now()).toBeLessThan(stood[0]! + 25);
  await pause(20);
  expect(clock.now()).toBeGreaterThan(stood[0]! + 10);
});

test("whoever sleeps meanwhile has slept, each no longer than wanted", async () => {
  const clock = new ScaledClock(0, 1000);
  await clock.standing(async () => {
    const before = clock.now();
    await Promise.all([clock.sleep(5), clock.sleep(5), clock.until(before + 5)]);
    expect(clock.now()).toBeCloseTo(before + 5, 0);
  });
});

test("it goes on after a failure as well", async () => {
  const clock = new ScaledClock(0, 1000);
  await expect(clock.standing(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  const before = clock.now();
  await pause(10);
  expect(clock.now()).toBeGreaterThan(before);
});

test("what something takes is what it sleeps, whatever this computer needs for it meanwhile", async () => {
  const clock = new ScaledClock(0, 1000);
  const inner = async () => {
    await clock.sleep(3);
    await pause(20);
    await clock.until(clock.now() + 2);
  };
  const { value, seconds } = await timed(async () => {
    const within = await timed(inner);
    await clock.sleep(4);
    return within.seconds;
  });
  await clock.sleep(50);
  expect(value).toBeCloseTo(5, 0);
  expect(seconds).toBeCloseTo(value + 4, 5);
});
