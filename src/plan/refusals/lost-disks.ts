/**
 * A declared disk that somebody detached in Proxmox must stop the run: the provider has no words for it, and a new disk in
 * its place would be a blank one beside the old one's data. Pure, and so it runs in previews, too.
 */
import type { NodeConfig } from "../../config/types.ts";

interface Disk {
  interface?: string;
}

/**
 * Why a VM must not be changed, or undefined. After a refresh the provider keeps a detached disk's place in its list, with
 * no interface; a disk that is only new in the config has none yet.
 */
export function lostDiskRefusal(node: NodeConfig, known: unknown, wanted: unknown): string | undefined {
  const places = disksIn(known);
  if (!places.some((disk) => !disk.interface)) return undefined;
  const attached = places.map((disk) => disk.interface);
  const lost = disksIn(wanted).flatMap((disk) =>
    disk.interface && !attached.includes(disk.interface) ? [disk.interface] : [],
  );
  const serial = node.dataDisk ? ` The data disk's serial is "${node.dataDisk.serial}".` : "";
  return (
    `Disk ${lost.join(", ")} of node "${node.name}" (VM ${node.vmId}) is not attached any more, and nothing was changed. ` +
    `Proxmox lists it among the machine's hardware as an unused disk: attach it again under that name.${serial} ` +
    "Then refresh, and run again."
  );
}

function disksIn(values: unknown): Disk[] {
  const disks = (values as { disks?: unknown } | undefined)?.disks;
  return Array.isArray(disks) ? (disks as Disk[]) : [];
}
