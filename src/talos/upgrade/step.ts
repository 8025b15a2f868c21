/**
 * The upgrade of one node, from the question whether it is due to the look whether it went well. Whatever ends it early
 * says where the node was left and what to do; the nodes that come after it are not touched then.
 */
import { secondsSince } from "../../observe/poll.ts";
import { passGate } from "./step-gate.ts";
import { move } from "./step-move.ts";
import { awaitVolumes, awaitNode } from "./step-verify.ts";
import type { StepArgs } from "./step-args.ts";

/** What became of it. A node without a config is none of the cluster's: it is dealt with once it is. */
export type Outcome = "upgraded" | "already there" | "unconfigured";

export async function upgradeNode(args: StepArgs): Promise<Outcome> {
  const { node, target, log, clock } = args;
  const begun = clock.now();
  const passed = await passGate(args);
  if (passed === "unconfigured") {
    await log(`${node.name}: not upgraded, for it is no member of the cluster yet`);
    return "unconfigured";
  }
  // A run that was cut off may have left it anywhere after this point, so what follows is never skipped.
  if (passed !== "already there") await move(args, passed);
  await awaitNode(args);
  await awaitVolumes(args);
  if (passed === "already there") {
    await log(`${node.name}: runs this image of Talos ${target.talosVersion} already`);
    return "already there";
  }
  await log(`${node.name}: upgraded, and everything whole again, after ${secondsSince(begun, clock)}`);
  return "upgraded";
}
