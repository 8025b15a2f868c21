/** What happens to Talos when Proxmox acts on its machine, and reboots from inside. */
import { clearFault } from "../kernel/faults.ts";
import type { MachineLifecycle, World } from "../kernel/world.ts";
import { boot, restart } from "./machined/boot.ts";
import { goDown } from "./machined/downtime.ts";
import { forgetMachine } from "./etcd/cluster.ts";
import { exclusive } from "../kernel/lock.ts";
import { hangUp } from "./machined/events.ts";

export const talosLifecycle: MachineLifecycle = {
  powerOn: (world, vmId) => exclusive(world, () => boot(world, vmId, world.clock.now())),
  powerOff: (world, vmId, how) =>
    exclusive(world, async () => {
      const name = world.state.machines[vmId]?.facts?.hostname ?? `VM ${vmId}`;
      await goDown(world, vmId, `${name} was ${how === "stop" ? "switched off" : "shut down"}`);
      clearFault(world, "reboot-hangs", vmId);
      delete world.state.machines[vmId];
      hangUp(world, vmId);
    }),
  destroyed: (world, vmId) =>
    exclusive(world, async () => {
      await goDown(world, vmId, "its machine is deleted");
      delete world.state.machines[vmId];
      hangUp(world, vmId);
      forgetMachine(world, vmId);
      return Promise.resolve();
    }),
};

/** Reboots a node; it answers again after the documented time. */
export function reboot(world: World, vmId: number, why: string): Promise<void> {
  return exclusive(world, () => restart(world, vmId, why));
}
