/** What a node's disks are declared to be, as the state keeps it: a node's disks are proven anew when it changes. Pure. */
import { isDeepStrictEqual } from "node:util";
import { gibToBytes } from "../config/sizes.ts";
import type { NodeConfig } from "../config/types.ts";

/** Only what the proof reads. Sizes in bytes. */
export interface DeclaredDisks {
  vmId: number;
  osDisk: { bytes: number };
  dataDisk?: { bytes: number; serial: string };
}

export function declaredDisks({
  vmId,
  osDisk,
  dataDisk,
}: Pick<NodeConfig, "vmId" | "osDisk" | "dataDisk">): DeclaredDisks {
  return {
    vmId,
    osDisk: { bytes: gibToBytes(osDisk.sizeGiB) },
    ...(dataDisk && { dataDisk: { bytes: gibToBytes(dataDisk.sizeGiB), serial: dataDisk.serial } }),
  };
}

/** @param recorded From the state, perhaps of an earlier version of the program; what nobody can read is another. */
export function isSame(recorded: unknown, declared: DeclaredDisks): boolean {
  return isDeepStrictEqual(typeof recorded === "string" ? inFormerWords(recorded) : recorded, declared);
}

/** Earlier versions kept a line of words: `VM 127: OS 34359738368 bytes, data 42949672960 bytes, serial data-127`. */
const FORMER = /^VM (\d+): OS (\d+) bytes, (?:no data disk|data (\d+) bytes, serial (.+))$/;

function inFormerWords(line: string): DeclaredDisks | undefined {
  const [, vmId, os, data, serial] = FORMER.exec(line) ?? [];
  if (vmId === undefined) return undefined;
  return {
    vmId: Number(vmId),
    osDisk: { bytes: Number(os) },
    ...(serial !== undefined && { dataDisk: { bytes: Number(data), serial } }),
  };
}
