/** A world to try things in: time passes without waiting, and nothing of it is kept. */
import { World } from "../world/world.ts";

export function copyOfWorld(world: World): World {
  let now = world.clock.now();
  const clock = {
    now: () => now,
    sleep: async (seconds: number) => void (now += Math.max(0, seconds)),
    until: async (time: number) => void (now = Math.max(now, time)),
  };
  const { machinery, lifecycle, workloads } = world;
  return new World({
    state: structuredClone(world.state),
    clock,
    machinery,
    lifecycle,
    ...(workloads && { workloads }),
  });
}
