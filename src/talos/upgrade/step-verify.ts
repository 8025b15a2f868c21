/** The last part of a node's upgrade: the proof that it is what it was to become, and everything whole again. */
import { left, Stopped } from "../../observe/failure.ts";
import { neverWhole, unwholeVolumes } from "../../observe/storage.ts";
import { lookAt, seen } from "../../observe/looks.ts";
import type { Look } from "../../observe/poll.ts";
import { imageProblems, unfinished } from "./verify.ts";
import { waitFor } from "../../observe/waiting.ts";
import type { NodeReport } from "../../observe/picture.ts";
import type { StepArgs } from "./step-args.ts";

/** Waits until the node is a whole member again; another image than the wanted one is final. */
export async function wholeAgain(args: StepArgs): Promise<void> {
  const { access, node, target, clock } = args;
  let report: NodeReport | undefined;
  let onlyCordoned: number | undefined;
  const look = async (): Promise<Look<void>> => {
    report = await lookAt(access, node);
    const wrong = imageProblems(target, report.machine, report.image);
    if (wrong.length > 0)
      throw left(node, "it came back with another image than the wanted one", report, wrong);
    const waiting = unfinished(report);
    if (waiting.length === 0) return { done: undefined };
    onlyCordoned =
      waiting.length === 1 && cordonedByTalos(report) ? (onlyCordoned ?? clock.now()) : undefined;
    if (onlyCordoned !== undefined && clock.now() - onlyCordoned >= TALOS_OPENS_WITHIN) await open(args);
    return { waiting };
  };
  await waitFor({
    ...args,
    subject: node.name,
    look,
    limit: "ready",
    late: (limit, waiting) => left(node, `it was not whole again in time (${limit})`, report!, waiting),
  });
}

/** Milliseconds. Talos opens a node that it cordoned as soon as it runs (its NodeApplyController), within seconds. */
const TALOS_OPENS_WITHIN = 30_000;

function cordonedByTalos({ kubernetes }: NodeReport): boolean {
  return "seen" in kubernetes && kubernetes.seen?.cordoned === true && kubernetes.seen.cordonedByTalos;
}

/** The opening got lost, and nobody else makes up for it. */
async function open({ access, node, log }: StepArgs): Promise<void> {
  await log(`${node.name}: opened to pods again, which Talos had not done`);
  await seen(access.uncordon(node.name)); // the next look tells
}

export async function volumesWhole(args: StepArgs): Promise<void> {
  const { access, node, nodes } = args;
  const look = async (): Promise<Look<void>> => {
    const storage = await seen(access.storage());
    if ("unseen" in storage) return { waiting: [`Longhorn's volumes cannot be read: ${storage.unseen}`] };
    const vain = neverWhole(storage.seen, nodes);
    if (vain.length > 0)
      throw new Stopped(
        node.name,
        "it runs the new image, but no waiting makes every volume whole again",
        vain,
        "It was left running and open. Once that is mended",
      );
    const waiting = unwholeVolumes(storage.seen);
    return waiting.length === 0 ? { done: undefined } : { waiting };
  };
  await waitFor({
    ...args,
    subject: node.name,
    look,
    limit: "volumes",
    late: (limit, waiting) =>
      new Stopped(
        node.name,
        `it runs the new image, but not every volume was whole again in time (${limit})`,
        waiting,
        "It was left running and open. Longhorn's UI shows what the volumes wait for. Once they are healthy",
      ),
  });
}
