/**
 * Which disk is the data disk: the one question whose wrong answer destroys somebody's data. Device names are no answer
 * (sda and sdb change places between boots, talos#11288), so a disk is known by its exact size in bytes, its transport
 * and, where virtio shows it, its serial.
 */
import { gibToBytes, talosSize } from "../config/sizes.ts";
import type { NodeConfig } from "../config/types.ts";

/**
 * Talos's transport for QEMU's virtio-blk and virtio-scsi disks alike. A Longhorn volume attached to the node is a disk
 * too, of any exact size, but its transport is `iscsi`.
 */
const TRANSPORT = "virtio";

/** CEL for Talos. Sizes are unsigned there, hence the `u`; the system disk is excluded whatever its size. */
export function dataDiskSelector(sizeGiB: number): string {
  return `disk.size == ${gibToBytes(sizeGiB)}u && disk.transport == "${TRANSPORT}" && !system_disk`;
}

/** A disk as Talos reports it: the fields of the provider's `getDisks` that the proof reads. */
export interface ReportedDisk {
  devPath: string;
  /** Bytes. */
  size: number;
  serial: string;
  transport: string;
  readonly: boolean;
  cdrom: boolean;
}

export interface NodeInventory {
  node: NodeConfig;
  disks: ReportedDisk[];
}

/**
 * What is wrong with one node's disks; empty when exactly one disk can be the data disk and exactly one the OS disk. A
 * node without a data disk is only asked for its OS disk.
 *
 * Counted are the disks that the selector can match and Talos can write to. A USB, NVMe or iSCSI disk of the same size is
 * none of them, because its transport is another; nor is a read-only one, which Talos passes over before it asks the
 * selector, nor a CD (talos, internal/volumes/locate.go).
 */
export function diskProblems({ node, disks }: NodeInventory): string[] {
  const candidates = disks.filter((disk) => disk.transport === TRANSPORT && !disk.readonly && !disk.cdrom);
  const problems = countProblems(candidates, "OS disk", node.osDisk.sizeGiB);
  if (!node.dataDisk) return problems;

  problems.push(...countProblems(candidates, "data disk", node.dataDisk.sizeGiB));
  const [data, ...others] = candidates.filter((disk) => disk.size === gibToBytes(node.dataDisk!.sizeGiB));
  if (data && others.length === 0 && showsSerial(data) && data.serial !== node.dataDisk.serial) {
    const found = data.serial === "" ? "no serial" : `serial "${data.serial}"`;
    problems.push(
      `${data.devPath} has the data disk's size but ${found}, where "${node.dataDisk.serial}" is declared`,
    );
  }
  return problems;
}

/**
 * A virtio-blk disk shows the serial that it was given, so one that shows none was given none, and is not ours. A SCSI
 * disk shows none under QEMU, whatever it was given (talos#11348).
 */
function showsSerial(disk: ReportedDisk): boolean {
  return disk.serial !== "" || disk.devPath.startsWith("/dev/vd");
}

function countProblems(candidates: ReportedDisk[], what: string, sizeGiB: number): string[] {
  const bytes = gibToBytes(sizeGiB);
  const found = candidates.filter((disk) => disk.size === bytes).map((disk) => disk.devPath);
  if (found.length === 1) return [];
  const wanted = `${sizeGiB} GiB (${bytes} bytes, ${talosSize(bytes)} in Talos)`;
  return found.length === 0
    ? [`no ${TRANSPORT} disk has the ${what}'s size of ${wanted}`]
    : [
        `${found.length} disks have the ${what}'s size of ${wanted}: ${found.join(", ")}; it must be exactly one`,
      ];
}

/**
 * The refusal for a whole homelab, or undefined when every node is proven. It shows every node's disks, because the
 * remedy is usually seen at once in the table.
 */
export function diskRefusal(inventories: NodeInventory[]): string | undefined {
  const problems = inventories.flatMap((inventory) =>
    diskProblems(inventory).map((problem) => `  ${inventory.node.name}: ${problem}`),
  );
  if (problems.length === 0) return undefined;
  return [
    "The data disk is not proven on every node, so no machine config was applied to any node and nothing was formatted.",
    ...problems,
    "Disks as Talos reports them:",
    ...diskTable(inventories).map((line) => `  ${line}`),
    "Give every node's data disk a size that no other disk of that node has (homelab:nodes[].dataDisk.sizeGiB), " +
      "or remove the disk that should not be there, and run again.",
  ].join("\n");
}

/** The refusal when some node did not answer: a disk that nobody saw is not proven. */
export function silenceRefusal(silent: { node: NodeConfig; reason: string }[]): string {
  return [
    "The disks of some nodes could not be read, so no machine config was applied to any node and nothing was formatted.",
    ...silent.map(({ node, reason }) => `  ${node.name} (${node.address}): ${reason}`),
    "Look at the console of each such VM in Proxmox: it must show Talos in maintenance mode, at that address, and no " +
      "other machine may have the address. Then run again.",
  ].join("\n");
}

function diskTable(inventories: NodeInventory[]): string[] {
  const rows = [["NODE", "DEVICE", "SIZE", "BYTES", "TRANSPORT", "SERIAL", "NOTE"]];
  for (const { node, disks } of inventories) {
    for (const disk of disks) {
      const note = disk.cdrom ? "cdrom" : disk.readonly ? "read-only" : "";
      rows.push([
        node.name,
        disk.devPath,
        talosSize(disk.size),
        `${disk.size}`,
        disk.transport,
        disk.serial,
        note,
      ]);
    }
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}
