/** A world to try things in: time passes without waiting, and nothing of it is kept. */
import { InstantClock } from "../world/kernel/clock.ts";
import { World } from "../world/kernel/world.ts";

export function copyOfWorld(world: World): World {
  return new World({
    state: structuredClone(world.state),
    clock: new InstantClock(world.clock.now()),
    systems: world.systems,
  });
}

/** Lets that many simulated seconds pass in a copy, with all that they bring about by themselves. */
export async function passTime(copy: World, seconds: number): Promise<void> {
  await copy.clock.sleep(seconds);
  await copy.settle();
}
