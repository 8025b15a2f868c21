/** A machine's memory. */
import type { VmState } from "../state.ts";
import { MiB } from "../../kernel/units.ts";

/** Bytes; Proxmox's default where the config says nothing. */
export function memoryOf(vm: VmState): number {
  return Number(vm.config["memory"] ?? 512) * MiB;
}
