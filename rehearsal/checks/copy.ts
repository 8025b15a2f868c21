/** A world to try things in: time passes without waiting, and nothing of it is kept. */
import { InstantClock } from "../world/clock.ts";
import { World } from "../world/world.ts";

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
