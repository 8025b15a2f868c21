/** A node's disks: where Proxmox plugs them in, and what becomes of the data disk. */

/** The interfaces decide how the guest sees a disk: scsi0 becomes an sdX, virtio1 a vdX that shows its serial. */
export const OS_DISK_INTERFACE = "scsi0";
export const DATA_DISK_INTERFACE = "virtio1";
export const FIRST_EXTRA_DISK = 2;

/** Which of the further disks an interface belongs to, counted from 0. */
export function extraDiskPlace(slot: string): number | undefined {
  const place = Number(/^virtio(\d+)$/.exec(slot)?.[1] ?? -1) - FIRST_EXTRA_DISK;
  return place >= 0 ? place : undefined;
}

/** Name of the user volume: partition label `u-longhorn`, mounted at /var/mnt/longhorn. */
export const DATA_VOLUME = "longhorn";
export const DATA_MOUNT_POINT = `/var/mnt/${DATA_VOLUME}`;
