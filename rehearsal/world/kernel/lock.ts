/**
 * Rules that wait for the machinery helper in the middle must not run into each other: two of them could provision the
 * same volume twice. Whatever changes nodes runs one after the other; nobody sleeps in here.
 */
import type { World } from "./world.ts";

const tails = new WeakMap<World, Promise<unknown>>();

export function exclusive<Result>(world: World, work: () => Promise<Result>): Promise<Result> {
  const before = tails.get(world) ?? Promise.resolve();
  const result = before.then(work, work);
  tails.set(
    world,
    result.catch(() => undefined),
  );
  return result;
}
