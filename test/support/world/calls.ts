/** Calls of Talos's API as the provider makes them, by the shortest way, for tests of what comes of them. */
import type { World } from "../../../rehearsal/world/kernel/world.ts";
import { connect, type Target } from "../../../rehearsal/world/talos/api.ts";
import { DURATIONS } from "../../../rehearsal/world/talos/durations.ts";
import { bootstrapEtcd } from "../../../rehearsal/world/talos/etcd/cluster.ts";
import {
  applyConfiguration,
  type ApplyRequest,
  type ApplyResult,
} from "../../../rehearsal/world/talos/machine-config/apply.ts";

export async function apply(world: World, target: Target, request: ApplyRequest): Promise<ApplyResult> {
  const since = world.clock.now();
  const { machine } = await connect(world, target);
  const result = await world.exclusive((held) => applyConfiguration(held, machine, { since, ...request }));
  await world.clock.sleep(DURATIONS.immediateConfig);
  return result;
}

export async function bootstrap(world: World, target: Target): Promise<void> {
  const { machine } = await connect(world, target);
  await world.exclusive(async (held) => bootstrapEtcd(held, machine));
}
