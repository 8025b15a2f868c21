/** The last part of a node's upgrade: the look whether it is what it was to become, and everything whole again. */
import { stopLeft, Stopped } from "../../observe/failure.ts";
import { awaitWholeVolumes } from "../../observe/whole-volumes.ts";
import { lookAt, tryLook } from "../../observe/looks.ts";
import type { Look } from "../../observe/poll.ts";
import { imageProblems, unfinished } from "./verify.ts";
import { waitFor } from "../../observe/waiting.ts";
import type { NodeReport } from "../../observe/picture.ts";
import type { StepArgs } from "./step-args.ts";

/** Waits until the node is a whole member again; another image than the wanted one is final. */
export async function awaitNode(args: StepArgs): Promise<void> {
  const { access, node, target, clock } = args;
  let report: NodeReport | undefined;
  let onlyCordoned: number | undefined;
  const look = async (): Promise<Look<void>> => {
    report = await lookAt(access, node);
    const wrong = imageProblems(target, report.machine, report.image);
    if (wrong.length > 0)
      throw stopLeft(node, "it came back with another image than the wanted one", report, wrong);
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
    late: (limit, waiting) => stopLeft(node, `it was not whole again in time (${limit})`, report!, waiting),
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
  await tryLook(access.uncordon(node.name)); // the next look tells
}

export async function awaitVolumes(args: StepArgs): Promise<void> {
  const { access, node } = args;
  await awaitWholeVolumes({
    ...args,
    reader: access,
    subject: node.name,
    limit: "volumes",
    vain: (reasons) =>
      new Stopped(
        node.name,
        "it runs the new image, but no waiting makes every volume whole again",
        reasons,
        "It was left running and open. Once that is mended",
      ),
    late: (limit, waiting) =>
      new Stopped(
        node.name,
        `it runs the new image, but not every volume was whole again in time (${limit})`,
        waiting,
        "It was left running and open. Longhorn's UI shows what the volumes wait for. Once they are healthy",
      ),
  });
}
