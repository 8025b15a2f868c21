/** Room on disks, and Talos's own partitions on the system disk. */
import type { DiskContent, DiskState, Partition } from "../../proxmox/state.ts";
import { MiB } from "../../kernel/units.ts";

/** First and last MiB: partition tables and alignment. */
const GPT_RESERVE = 2 * MiB;
/** EFI, META and what else comes with the image: it fills a disk of that size (talos: profile.MinRAWDiskSize). */
const IMAGE_BYTES = 1246 * MiB;
/** talos: imager/quirks/partitions.go StateSize. */
const STATE_BYTES = 100 * MiB;
/** A partition is not grown by less (talos v1.12.0: volumes/grow.go). */
const LEAST_GROWTH = MiB;

export function partitionsOf(content: DiskContent): Partition[] {
  return content.kind === "talos" || content.kind === "gpt" ? content.partitions : [];
}

/** Bytes that a new partition could take (LargestContiguousAllocatable; here always the tail). */
export function roomOn(disk: DiskState): number {
  const { content } = disk;
  if (content.kind === "foreign") return 0;
  const taken = partitionsOf(content).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const image = content.kind === "talos" ? IMAGE_BYTES : 0;
  return Math.max(disk.sizeBytes - GPT_RESERVE - image - taken, 0);
}

export interface Wanted {
  label: string;
  minSizeBytes: number;
  maxSizeBytes: number;
  filesystem: string;
}

/** Makes a partition as large as it may be. The caller has checked that `roomOn` is enough. */
export function addPartition(disk: DiskState, wanted: Wanted, at: number): Partition {
  const room = roomOn(disk);
  const partition: Partition = {
    label: wanted.label,
    sizeBytes: wanted.maxSizeBytes > 0 ? Math.min(wanted.maxSizeBytes, room) : room,
    filesystem: wanted.filesystem,
    formattedAt: at,
    files: {},
  };
  if (disk.content.kind === "blank") disk.content = { kind: "gpt", partitions: [] };
  partitionsOf(disk.content).push(partition);
  return partition;
}

/** Grows the last partition into the room behind it, at a boot (volumes/grow.go). Returns the growth in bytes. */
export function growPartition(disk: DiskState, partition: Partition, maxSizeBytes: number): number {
  if (partitionsOf(disk.content).at(-1) !== partition) return 0;
  const room = roomOn(disk);
  if (room <= LEAST_GROWTH) return 0;
  const growth = maxSizeBytes > 0 ? Math.min(room, maxSizeBytes - partition.sizeBytes) : room;
  if (growth <= 0) return 0;
  partition.sizeBytes += growth;
  return growth;
}

/**
 * STATE and EPHEMERAL on the system disk, made with the first config and before any user volume (wave of the system disk,
 * volumeconfig/system_volumes.go). EPHEMERAL takes all there is unless the config caps it, and only then has a user volume
 * room on that disk. Returns why it cannot.
 */
export function ensureSystemPartitions(
  disk: DiskState,
  ephemeral: { minSizeBytes: number; maxSizeBytes: number; grow: boolean },
  at: number,
): string | undefined {
  const { content } = disk;
  if (content.kind !== "talos") return "the system disk holds no Talos";
  const labels = new Set(content.partitions.map(({ label }) => label));
  if (!labels.has("STATE")) {
    addPartition(
      disk,
      { label: "STATE", minSizeBytes: STATE_BYTES, maxSizeBytes: STATE_BYTES, filesystem: "xfs" },
      at,
    );
  }
  const existing = content.partitions.find(({ label }) => label === "EPHEMERAL");
  if (existing) {
    if (ephemeral.grow) growPartition(disk, existing, ephemeral.maxSizeBytes);
    return undefined;
  }
  if (roomOn(disk) < ephemeral.minSizeBytes) return "not enough room for EPHEMERAL on the system disk";
  addPartition(disk, { label: "EPHEMERAL", ...ephemeral, filesystem: "xfs" }, at);
  return undefined;
}
