/** A world to try things in: time passes without waiting, and nothing of it is kept. */
import { InstantClock } from "../world/kernel/clock.ts";
import { settle } from "../world/talos/cluster.ts";
import { World } from "../world/kernel/world.ts";

/** Simulated seconds between two looks at what comes about by itself. */
const LOOK = 60;

export function copyOfWorld(world: World): World {
  const { machinery, lifecycle, workloads } = world;
  return new World({
    state: structuredClone(world.state),
    clock: new InstantClock(world.clock.now()),
    machinery,
    lifecycle,
    ...(workloads && { workloads }),
  });
}

/** Lets that many simulated seconds pass in a copy, with all that they bring about by themselves. */
export async function passTime(copy: World, seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed += LOOK) {
    await copy.clock.sleep(LOOK);
    await settle(copy);
  }
}
