/**
 * Longhorn is upgraded only while every volume has all of its copies: its managers and instance managers are exchanged on
 * one node after the other, and a volume that lacks a copy already may lose the last one on the way (longhorn.io, "Upgrade",
 * asks for healthy volumes first).
 */
import type { NodeConfig, UpgradeTimeouts } from "../config/types.ts";
import type { Log } from "../talos/upgrade/access.ts";
import { neverWhole, unwholeVolumes } from "../talos/upgrade/gate-storage.ts";
import { Stopped } from "../talos/upgrade/failure.ts";
import { seen } from "../talos/upgrade/looks.ts";
import type { Storage } from "../talos/upgrade/picture.ts";
import type { Clock } from "../talos/upgrade/poll.ts";
import { waitFor } from "../talos/upgrade/waiting.ts";

/** The little of Kubernetes that is asked. */
export interface StorageReader {
  storage(): Promise<Storage>;
}

export interface GateArgs {
  reader: StorageReader;
  from: string;
  to: string;
  /** All nodes of the configuration. */
  nodes: readonly NodeConfig[];
  timeouts: UpgradeTimeouts;
  log: Log;
  clock: Clock;
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
