/** What happens to Talos when Proxmox acts on its machine, and reboots from inside. */
import type { MachineLifecycle, World } from "../world.ts";
import { boot, restart } from "./boot.ts";
import { forgetMachine, noteQuorum } from "./etcd.ts";
import { exclusive } from "./lock.ts";

export const talosLifecycle: MachineLifecycle = {
  powerOn: (world, vmId) => exclusive(world, () => boot(world, vmId, world.clock.now())),
  powerOff: (world, vmId, how) =>
    exclusive(world, async () => {
      const name = world.state.machines[vmId]?.facts?.hostname ?? `VM ${vmId}`;
      delete world.state.machines[vmId];
      noteQuorum(world, vmId, `${name} was ${how === "stop" ? "switched off" : "shut down"}`);
      return Promise.resolve();
    }),
  destroyed: (world, vmId) =>
    exclusive(world, async () => {
      delete world.state.machines[vmId];
      forgetMachine(world, vmId);
      return Promise.resolve();
    }),
};

/** Reboots a node; it answers again after the documented time. */
export function reboot(world: World, vmId: number, why: string): Promise<void> {
  return exclusive(world, () => restart(world, vmId, why));
}
