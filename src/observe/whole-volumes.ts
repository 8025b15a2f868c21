/** The wait until every volume has all of its copies, of everybody who waits for that. */
import { tryLook } from "./looks.ts";
import type { Storage } from "./picture.ts";
import { neverWhole, unwholeVolumes } from "./storage.ts";
import { waitFor, type WaitArgs, type Waiting } from "./waiting.ts";

/** The little of Kubernetes that is asked. */
export interface StorageReader {
  storage(): Promise<Storage>;
}

export interface WholeVolumesArgs extends Waiting, Pick<WaitArgs<void>, "subject" | "limit" | "late"> {
  reader: StorageReader;
  /** The error where no waiting helps, given why. */
  vain: (reasons: readonly string[]) => Error;
}

/** Resolves when every volume is whole; rejects when one still is not at the end of the limit, or never will be. */
export async function awaitWholeVolumes({ reader, vain, nodes, ...wait }: WholeVolumesArgs): Promise<void> {
  await waitFor({
    ...wait,
    look: async () => {
      const storage = await tryLook(reader.storage());
      if ("unseen" in storage) return { waiting: [`Longhorn's volumes cannot be read: ${storage.unseen}`] };
      const never = neverWhole(storage.seen, nodes);
      if (never.length > 0) throw vain(never);
      const waiting = unwholeVolumes(storage.seen);
      return waiting.length === 0 ? { done: undefined } : { waiting };
    },
  });
}
