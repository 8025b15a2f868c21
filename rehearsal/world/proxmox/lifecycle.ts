/** What happens to an operating system when Proxmox acts on its machine, and what it answers from inside. */
import type { World } from "../kernel/world.ts";

declare module "../kernel/world.ts" {
  interface Systems {
    lifecycle: MachineLifecycle;
  }
}

export interface MachineLifecycle {
  powerOn(world: World, vmId: number): Promise<void>;
  powerOff(world: World, vmId: number, how: "stop" | "shutdown"): Promise<void>;
  /** Called before the VM and its disks go. */
  destroyed(world: World, vmId: number): Promise<void>;
  /** Whether the system in it has come up. */
  answers(world: World, vmId: number): boolean;
  /** Addresses that the system in it gives itself, the first of them first told. */
  addresses(world: World, vmId: number): string[];
}
