/** The kernel alone: what is due happens at its time, and one thing after the other. */
import { expect, test } from "vitest";
import { InstantClock, ScaledClock, type Clock } from "../../../../rehearsal/world/kernel/clock.ts";
import type { WorldState } from "../../../../rehearsal/world/kernel/state.ts";
import { World, type Process } from "../../../../rehearsal/world/kernel/world.ts";

/** A world in which something happens at each of these times, and nothing else. */
function worldWith(times: number[], clock: Clock = new InstantClock()): World {
  const left = [...times];
  const process: Process = {
    due: () => left,
    settle: async (world) => {
      while (left.length > 0 && left[0]! <= world.clock.now()) note(world, `due at ${left.shift()}`);
    },
  };
  return new World({
    state: { events: [] } as unknown as WorldState,
    clock,
    systems: { processes: [process] } as unknown as World["systems"],
  });
}

const note = (world: World, text: string) => world.note({ kind: "boot", subject: "it", text });
const told = ({ state }: World) => state.events.map(({ at, text }) => `${at}: ${text}`);

test("what is due happens at its time, before whoever slept goes on", async () => {
  const world = worldWith([10, 20, 30]);
  await world.clock.sleep(25);
  note(world, "awake");
  await world.clock.sleep(25);
  expect(told(world)).toEqual(["10: due at 10", "20: due at 20", "25: awake", "30: due at 30"]);
});

test("time stands still until what is due has happened", async () => {
  const world = worldWith([10]);
  const slept = world.clock.sleep(25);
  note(world, "somebody else");
  await slept;
  expect(told(world)).toEqual(["10: somebody else", "10: due at 10"]);
  expect(world.clock.now()).toBe(25);
});

test("what is due happens without anybody who looks", async () => {
  const world = worldWith([5], new ScaledClock(0, 1000));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(told(world)).toEqual(["5: due at 5"]);
});

test("the lock is held by one at a time, after what was due before", async () => {
  const clock = new InstantClock();
  const world = worldWith([10], clock);
  clock.time = 15;
  const order: string[] = [];
  const work = (name: string) =>
    world.exclusive(async (held) => {
      order.push(`${name} begins`);
      await Promise.resolve();
      note(held, name);
      order.push(`${name} ends`);
    });
  await Promise.all([work("one"), work("two")]);
  expect(order).toEqual(["one begins", "one ends", "two begins", "two ends"]);
  expect(told(world)).toEqual(["10: due at 10", "15: one", "15: two"]);
});

test("who holds the lock neither sleeps nor asks for it again", async () => {
  const world = worldWith([]);
  await expect(world.exclusive((held) => held.clock.sleep(1))).rejects.toThrow("nobody sleeps");
  await expect(world.exclusive(async (held) => held.exclusive(async () => 1))).rejects.toThrow(
    "held already",
  );
  expect(await world.exclusive(async () => "free again")).toBe("free again");
});
