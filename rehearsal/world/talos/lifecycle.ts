/** What happens to Talos when Proxmox acts on its machine, and reboots from inside. */
import { clearFault } from "../kernel/faults.ts";
import type { World } from "../kernel/world.ts";
import type { MachineLifecycle } from "../proxmox/lifecycle.ts";
import { forgetMachine } from "./etcd/cluster.ts";
import { boot, restart } from "./machined/boot.ts";
import { goDown } from "./machined/downtime.ts";
import { hangUp } from "./machined/events.ts";

export const talosLifecycle: MachineLifecycle = {
  powerOn: (world, vmId) => world.exclusive((held) => boot(held, vmId, world.clock.now())),
  powerOff: (world, vmId, how) =>
    world.exclusive(async (held) => {
      const name = world.state.machines[vmId]?.facts?.hostname ?? `VM ${vmId}`;
      await goDown(held, vmId, `${name} was ${how === "stop" ? "switched off" : "shut down"}`);
      clearFault(world, "reboot-hangs", vmId);
      delete world.state.machines[vmId];
      hangUp(world, vmId);
    }),
  destroyed: (world, vmId) =>
    world.exclusive(async (held) => {
      await goDown(held, vmId, "its machine is deleted");
      delete world.state.machines[vmId];
      hangUp(world, vmId);
      forgetMachine(held, vmId);
    }),
  answers: (world, vmId) => world.clock.now() >= (world.state.machines[vmId]?.answersAt ?? Infinity),
  addresses: (world, vmId) => world.state.machines[vmId]?.addresses ?? [],
};

/** Reboots a node; it answers again after the documented time. */
export function reboot(world: World, vmId: number, why: string): Promise<void> {
  return world.exclusive((held) => restart(held, vmId, why));
}
