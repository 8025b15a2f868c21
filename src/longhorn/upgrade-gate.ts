/**
 * Longhorn is upgraded only while every volume has all of its copies: its managers and instance managers are exchanged on
 * one node after the other, and a volume that lacks a copy already may lose the last one on the way (longhorn.io, "Upgrade",
 * asks for healthy volumes first).
 */
import { Stopped } from "../observe/failure.ts";
import type { Waiting } from "../observe/waiting.ts";
import { awaitWholeVolumes, type StorageReader } from "../observe/whole-volumes.ts";

export interface UpgradeGateArgs extends Waiting {
  reader: StorageReader;
  /** Chart versions. */
  from: string;
  to: string;
}

const SUBJECT = "Longhorn";

/**
 * Resolves when nothing stands against the upgrade; rejects when something still does at the end of the limit, or what no
 * waiting changes.
 */
export async function passUpgradeGate({ from, to, ...args }: UpgradeGateArgs): Promise<void> {
  const kept = `it was not upgraded from ${from} to ${to}`;
  await awaitWholeVolumes({
    ...args,
    subject: SUBJECT,
    limit: "healthy",
    vain: (reasons) =>
      new Stopped(
        SUBJECT,
        `${kept}, for which no waiting makes every volume whole`,
        reasons,
        "Nothing was changed. Once that is mended",
      ),
    late: (limit, waiting) =>
      new Stopped(
        SUBJECT,
        `${kept}, because not every volume was whole in time (${limit})`,
        waiting,
        "Nothing was changed. Longhorn's UI says which copy is missing and why. Once that is mended",
      ),
  });
}
