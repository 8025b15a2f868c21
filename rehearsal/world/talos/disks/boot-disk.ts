/** The disk that a machine boots from, and what Talos keeps on it. */
import type { DiskState, VmState } from "../../proxmox/state.ts";
import type { TalosDiskState } from "../state.ts";

/** The disk that firmware boots from: the first one of `boot: order=...` that holds a Talos image. */
export function bootDisk(vm: VmState): DiskState | undefined {
  const order = /order=([^,]*)/.exec(String(vm.config["boot"] ?? ""))?.[1];
  const slots = order === undefined ? [String(vm.config["bootdisk"] ?? "scsi0")] : order.split(";");
  return slots.map((slot) => vm.disks[slot]).find((disk) => disk?.content.kind === "talos");
}

/** What STATE and EPHEMERAL of a system disk hold; undefined in maintenance mode. */
export function stateOf(disk: DiskState | undefined): TalosDiskState | undefined {
  return disk?.content.kind === "talos" ? disk.content.state : undefined;
}
