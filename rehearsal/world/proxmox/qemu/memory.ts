/** A machine's memory. */
import type { VmState } from "../state.ts";

const MiB = 1024 ** 2;

/** Bytes; Proxmox's default where the config says nothing. */
export function memoryOf(vm: VmState): number {
  return Number(vm.config["memory"] ?? 512) * MiB;
}
