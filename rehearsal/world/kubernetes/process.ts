/** What moves by itself in a cluster: nodes register and become Ready, kubelets restart, copies are rebuilt, pods come back. */
import type { Held, Process, World } from "../kernel/world.ts";
import { clustersIn, hostsIn, type Hosts } from "./cluster.ts";
import { settleKubelets } from "./nodes/kubelet.ts";
import { registerNodes, registrations } from "./nodes/registration.ts";
import { comebacks, settlePods } from "./pods/comeback.ts";

/** @param hostsOf The way to the nodes; a test has its own. */
export function kubernetesProcess(hostsOf: (world: World) => Hosts = hostsIn): Process {
  return {
    *due(world) {
      yield* registrations(world);
      for (const cluster of clustersIn(world, hostsOf(world))) {
        for (const { readyAt } of Object.values(cluster.state.nodes)) yield readyAt;
        yield* comebacks(cluster);
        yield* world.systems.storage.due(cluster);
      }
    },
    async settle(world) {
      registerNodes(world);
      await settleWorkloads(world, hostsOf(world));
    },
  };
}

/** Brings what runs on the nodes up to the present. */
export async function settleWorkloads(world: Held, hosts: Hosts): Promise<void> {
  const { storage } = world.systems;
  for (const cluster of clustersIn(world, hosts)) {
    settleKubelets(cluster);
    storage.settle(cluster);
    await settlePods(cluster);
    // A pod that came up has attached a volume, whose copies then show what they missed.
    storage.settle(cluster);
  }
}
