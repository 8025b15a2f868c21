/** Which of a machine's disks the environment's config means. */
import { bootDisk } from "./boot-disk.ts";
import type { DiskState, VmState } from "../../proxmox/state.ts";
import type { WorldState } from "../../kernel/state.ts";

/**
 * The machine's data disk: known by its size and by its serial, which Proxmox keeps on every bus, and never by its slot, which is
 * the program's own choice. A size that one disk alone has is enough; while a disk waits to be grown, its serial is. Undefined where
 * none is declared, or none is there.
 */
export function dataDiskOf({ declarations }: WorldState, vm: VmState | undefined): DiskState | undefined {
  const declared = vm && declarations?.[vm.vmId]?.dataDisk;
  if (!declared) return undefined;
  const system = bootDisk(vm);
  const disks = Object.values(vm.disks).filter((disk) => disk.media === "disk" && disk !== system);
  const named = disks.filter(({ serial }) => serial === declared.serial);
  const sized = disks.filter(({ sizeBytes }) => sizeBytes === declared.sizeBytes);
  const [both = sized.length === 1 ? sized[0] : named[0]] = sized.filter((disk) => named.includes(disk));
  return both;
}
