/**
 * Longhorn is upgraded only while every volume has all of its copies: its managers and instance managers are exchanged on
 * one node after the other, and a volume that lacks a copy already may lose the last one on the way (longhorn.io, "Upgrade",
 * asks for healthy volumes first).
 */
import { neverWhole, unwholeVolumes } from "../observe/storage.ts";
import { Stopped } from "../observe/failure.ts";
import { seen } from "../observe/looks.ts";
import type { Storage } from "../observe/picture.ts";
import { waitFor, type Waiting } from "../observe/waiting.ts";

/** The little of Kubernetes that is asked. */
export interface StorageReader {
  storage(): Promise<Storage>;
}

export interface GateArgs extends Waiting {
  reader: StorageReader;
  from: string;
  to: string;
}

const SUBJECT = "Longhorn";

/**
 * Resolves when nothing stands against the upgrade; rejects when something still does at the end of the limit, or what no
 * waiting changes.
 */
export async function volumesFit({ reader, from, to, nodes, ...common }: GateArgs): Promise<void> {
  await waitFor({
    ...common,
    subject: SUBJECT,
    look: async () => {
      const storage = await seen(reader.storage());
      if ("unseen" in storage) return { waiting: [`its volumes cannot be read: ${storage.unseen}`] };
      const vain = neverWhole(storage.seen, nodes);
      if (vain.length > 0)
        throw new Stopped(
          SUBJECT,
          `it was not upgraded from ${from} to ${to}, for which no waiting makes every volume whole`,
          vain,
          "Nothing was changed. Once that is mended",
        );
      const waiting = unwholeVolumes(storage.seen);
      return waiting.length === 0 ? { done: undefined } : { waiting };
    },
    limit: "healthy",
    late: (limit, waiting) =>
      new Stopped(
        SUBJECT,
        `it was not upgraded from ${from} to ${to}, because not every volume was whole in time (${limit})`,
        waiting,
        "Nothing was changed. Longhorn's UI says which copy is missing and why. Once that is mended",
      ),
  });
}
