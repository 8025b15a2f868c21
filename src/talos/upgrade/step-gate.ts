/** The first part of a node's upgrade: the right client, a way to the target, and a cluster that can do without the node. */
import { talosJump } from "../../plan/refusals/versions.ts";
import { stopUntouched } from "../../observe/failure.ts";
import { reasonsToWait } from "./gate.ts";
import { waitsInVain } from "../../observe/storage.ts";
import { tryLook, takePicture } from "../../observe/looks.ts";
import type { TalosNode } from "../../observe/picture.ts";
import type { Look } from "../../observe/poll.ts";
import { talosctlSkew, useTalosctl } from "./target.ts";
import { imageProblems } from "./verify.ts";
import { waitFor } from "../../observe/waiting.ts";
import type { StepArgs } from "./step-args.ts";

export type RunningMachine = TalosNode & { state: "configured" };
export type Passed = RunningMachine | "already there" | "unconfigured";

/** Waits until the node may go down, if it has to. */
export async function passGate(args: StepArgs): Promise<Passed> {
  const { access, node } = args;
  const client = await access.talosctlVersion();
  return waitFor({
    ...args,
    subject: node.name,
    look: () => look(args, client),
    limit: "healthy",
    late: (limit, waiting) =>
      stopUntouched(node, `the cluster was not fit for its upgrade in time (${limit})`, "Mend that", waiting),
  });
}

async function look(args: StepArgs, client: string): Promise<Look<Passed>> {
  const { access, node, nodes, allow, target } = args;
  const picture = await takePicture(access, nodes);
  checkVersions(args, client, picture.machines);
  const machine = picture.machines.find(({ name }) => name === node.name)!;
  if (machine.state === "unconfigured") return { done: "unconfigured" };
  if (machine.state === "configured") {
    const image = await tryLook(access.image(node));
    if ("seen" in image && imageProblems(target, machine, image).length === 0)
      return { done: "already there" };
  }
  const vain = waitsInVain(picture.storage, node.name, nodes, allow);
  if (vain.length > 0)
    throw stopUntouched(node, "waiting would not make the cluster fit for its upgrade", "Mend that", vain);
  const reasons = reasonsToWait(picture, node, nodes, allow);
  if (machine.state === "silent" || reasons.length > 0) return { waiting: reasons };
  return { done: machine };
}

/** Those of all nodes, so that the first does not move where a later one could not follow. */
function checkVersions({ node, target }: StepArgs, client: string, machines: readonly TalosNode[]): void {
  const running = machines.flatMap((machine) => (machine.state === "configured" ? [machine] : []));
  const jumps = running.flatMap(({ name, talosVersion }) => {
    const jump = talosJump(talosVersion, target.talosVersion);
    return jump === undefined ? [] : [`${name}: ${jump}`];
  });
  if (jumps.length > 0)
    throw stopUntouched(
      node,
      "Talos does not support the way to the wanted version",
      "Set homelab:cluster.talosVersion to what every node can become",
      jumps,
    );
  const skew = talosctlSkew(client, [
    target.talosVersion,
    ...running.map(({ talosVersion }) => talosVersion),
  ]);
  if (skew !== undefined)
    throw stopUntouched(node, `talosctl cannot be used: ${skew}`, useTalosctl(target.talosVersion));
}
