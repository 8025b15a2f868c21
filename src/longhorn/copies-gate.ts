/** Whether the copies of the data are where they should be, before anything builds on that: two gates, asked of Longhorn. */
import type { ClusterObjects } from "../clients/kubernetes/cluster-objects.ts";
import { Stopped } from "../observe/failure.ts";
import { tryLook } from "../observe/looks.ts";
import { volumeName } from "../observe/storage.ts";
import { waitFor, type Waiting } from "../observe/waiting.ts";
import { awaitWholeVolumes, type StorageReader } from "../observe/whole-volumes.ts";

const SUBJECT = "Longhorn";

/** Resolves when no volume lacks a copy. Detached volumes say nothing of themselves, unless they have lost all copies. */
export async function passWholeGate(args: Waiting & { reader: StorageReader }): Promise<void> {
  await awaitWholeVolumes({
    ...args,
    subject: SUBJECT,
    limit: "volumes",
    vain: (reasons) =>
      new Stopped(SUBJECT, "no waiting makes every volume whole", reasons, "Once that is mended"),
    late: (limit, waiting) =>
      new Stopped(
        SUBJECT,
        `there are volumes without all their copies (${limit})`,
        waiting,
        "Its UI shows which volume lacks a copy and why; a disk that it does not use any more must be removed and added again there. " +
          "Once that is done",
      ),
  });
}

export interface EvacuatedGateArgs extends Waiting {
  reader: StorageReader & {
    objects(): Promise<Pick<ClusterObjects, "knownToLonghorn">>;
  };
  /** Name of a node that retires, of which Longhorn was told. */
  node: string;
}

/** Resolves when no copy is left on a node, usable or not: Longhorn deletes one only once another node has its data. */
export async function passEvacuatedGate({ reader, node, ...wait }: EvacuatedGateArgs): Promise<void> {
  await waitFor({
    ...wait,
    subject: node,
    limit: "volumes",
    look: async () => {
      const looked = await tryLook(Promise.all([reader.storage(), knows(reader, node)]));
      if ("unseen" in looked) return { waiting: [`Longhorn's copies cannot be read: ${looked.unseen}`] };
      const [{ volumes, replicas }, known] = looked.seen;
      if (!known) return { waiting: ["Longhorn does not know it"] };
      const names = new Map(volumes.map((volume) => [volume.name, volumeName(volume)]));
      const waiting = replicas
        .filter((replica) => replica.node === node)
        .map(({ volume }) => `a copy of volume ${names.get(volume) ?? volume} is still on it`);
      return waiting.length === 0 ? { done: undefined } : { waiting };
    },
    late: (limit, waiting) =>
      new Stopped(
        node,
        `its copies did not move to other nodes in time (${limit})`,
        waiting,
        "It goes on moving them, and nothing was deleted. The other nodes may be too few or too full for them. Once that is mended",
      ),
  });
}

async function knows(reader: EvacuatedGateArgs["reader"], node: string): Promise<boolean> {
  return (await reader.objects()).knownToLonghorn(node);
}
