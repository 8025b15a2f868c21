import { expect, test } from "vitest";
import { poll, TimeUp } from "../../../src/observe/poll.ts";
import { FakeClock } from "../talos/upgrade/support/fake-cluster.ts";

test("looks at once, then ever more seldom, at most every five seconds", async () => {
  const clock = new FakeClock();
  const looks: number[] = [];
  await poll(
    () => {
      looks.push(clock.now());
      return Promise.resolve(looks.length === 9 ? { done: "there" } : { waiting: ["it"] });
    },
    { seconds: 60, clock },
  );
  expect(looks).toEqual([0, 200, 600, 1400, 3000, 6200, 11_200, 16_200, 21_200]);
});

test("gives what was waited for", async () => {
  await expect(
    poll(() => Promise.resolve({ done: 42 }), { seconds: 0, clock: new FakeClock() }),
  ).resolves.toBe(42);
});

test("ends at its limit, after one last look, with what that found", async () => {
  const clock = new FakeClock();
  let looks = 0;
  const end = poll(() => Promise.resolve({ waiting: [`look ${++looks}`] }), { seconds: 1, clock });
  await expect(end).rejects.toThrow(new TimeUp(["look 4"], 1));
  expect(clock.now()).toBe(1000);
});

test("tells what is waited for when it changes, and not again and again", async () => {
  const clock = new FakeClock();
  const told: string[][] = [];
  let reasons = ["a", "b"];
  clock.after(10, () => (reasons = ["b"]));
  clock.after(30, () => (reasons = []));
  await poll(() => Promise.resolve(reasons.length === 0 ? { done: true } : { waiting: reasons }), {
    seconds: 60,
    clock,
    onChange: (waiting) => void told.push(waiting),
  });
  expect(told).toEqual([["a", "b"], ["b"]]);
});

test("an error of the look is no reason to wait", async () => {
  await expect(
    poll(() => Promise.reject(new Error("broken")), { seconds: 60, clock: new FakeClock() }),
  ).rejects.toThrow("broken");
});
