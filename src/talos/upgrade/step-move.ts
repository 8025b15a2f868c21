/** The second part of a node's upgrade: what must be had before it moves, and the order to move. */
import { talosSize } from "../../config/sizes.ts";
import { stopLeft, stopUntouched } from "../../observe/failure.ts";
import { lookAt, tryLook } from "../../observe/looks.ts";
import { secondsSince } from "../../observe/poll.ts";
import type { RunningMachine } from "./step-gate.ts";
import { imageProblems } from "./verify.ts";
import { limitText } from "../../observe/waiting.ts";
import type { StepArgs } from "./step-args.ts";

export async function move(args: StepArgs, machine: RunningMachine): Promise<void> {
  const { access, node, target, log, clock } = args;
  if (node.role === "controlplane") await snapshot(args, machine.talosVersion);
  await pull(args);
  if (node.role === "controlplane") await handOver(args);

  const ordered = clock.now();
  try {
    await access.upgrade(node, target.installerImage, (phase) => void log(`${node.name}: ${phase}`));
  } catch (error) {
    await unlessDone(args, error as Error);
  }
  await log(`${node.name}: up again after ${secondsSince(ordered, clock)}`);
}

async function snapshot({ access, node, log, timeouts }: StepArgs, talosVersion: string): Promise<void> {
  try {
    const { path, bytes } = await access.snapshot(node, talosVersion);
    await log(`${node.name}: etcd snapshot ${path}, ${talosSize(bytes)}`);
  } catch (error) {
    throw stopUntouched(
      node,
      `no snapshot of etcd could be taken (${limitText("snapshot", timeouts)})`,
      "Its folder, homelab:upgrade.snapshots.directory, must exist or be creatable, and have room",
      [(error as Error).message],
    );
  }
}

async function pull({ access, node, target, log, clock, timeouts }: StepArgs): Promise<void> {
  const begun = clock.now();
  try {
    await access.pull(node, target.installerImage);
    await log(`${node.name}: pulled ${target.installerImage} in ${secondsSince(begun, clock)}`);
  } catch (error) {
    throw stopUntouched(
      node,
      `it could not pull ${target.installerImage} (${limitText("pull", timeouts)})`,
      "The node must reach the factory, and the factory must have this image",
      [(error as Error).message],
    );
  }
}

/** So that the other members need not find out by themselves that their leader is gone. */
async function handOver({ access, node, nodes, log }: StepArgs): Promise<void> {
  const etcd = await tryLook(access.etcd(nodes.filter(({ role }) => role === "controlplane")));
  if ("unseen" in etcd || etcd.seen.members.length < 2) return;
  const own = etcd.seen.statuses.find(({ address }) => address === node.address);
  if (!own || own.leader !== own.member) return;
  try {
    await access.forfeitLeadership(node);
    await log(`${node.name}: handed the lead of etcd over`);
  } catch (error) {
    throw stopUntouched(
      node,
      "it leads etcd and could not hand that over",
      "`talosctl etcd status` shows the members",
      [(error as Error).message],
    );
  }
}

/** An order may be carried out although its answer was lost: the node itself knows. */
async function unlessDone({ access, node, target, log, timeouts }: StepArgs, error: Error): Promise<void> {
  const report = await lookAt(access, node);
  const done =
    report.machine.state === "configured" &&
    "seen" in report.image &&
    imageProblems(target, report.machine, report.image).length === 0;
  if (!done)
    throw stopLeft(node, `its upgrade failed (its limit: ${limitText("upgrade", timeouts)})`, report, [
      error.message,
      "It may go on by itself: a node that has its order does not ask again.",
    ]);
  await log(`${node.name}: talosctl failed, but the node runs the new image: ${error.message}`);
}
