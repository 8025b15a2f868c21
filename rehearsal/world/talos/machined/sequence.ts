/**
 * Sequences: what machined does phase by phase, with an event for the start and stop of each. One at a time on a node. It goes
 * on by itself while clients watch, and after a killed process from the phase that it was in.
 *
 * Sources: talos v1.12.0 runtime/v1alpha1/v1alpha1_sequencer.go (Upgrade, Reboot), v1alpha1_controller.go (Run, runPhase),
 * v1alpha1_priority_lock.go, machined/main.go (a failed sequence is fatal: the machine reboots).
 */
import type { MachineState } from "../../kernel/state.ts";
import type { World } from "../../kernel/world.ts";
import { boot } from "./boot.ts";
import { settle } from "../cluster.ts";
import { nodesOn } from "./downtime.ts";
import { DURATIONS } from "../durations.ts";
import { exclusive } from "../../kernel/lock.ts";
import { publish } from "./events.ts";
import { phasesOf } from "./phases.ts";

export interface RunningSequence {
  name: "upgrade" | "reboot";
  actorId: string;
  /** Index of the phase that it is in. */
  phase: number;
  /** The installer's reference. */
  image?: string;
}

const driven = new WeakMap<MachineState, Promise<void>>();
const ends = new WeakMap<World, Promise<void>[]>();

/** Begins it; returns at once. Where one runs already the new one is not started, and an event says so. */
export function startSequence(world: World, machine: MachineState, sequence: RunningSequence): void {
  if (machine.sequence) {
    const message = "sequence not started: locked";
    publish(
      world,
      machine.vmId,
      "machine.SequenceEvent",
      failure(sequence.name, "LOCKED", message),
      sequence.actorId,
    );
    return;
  }
  machine.sequence = sequence;
  goOn(world, machine);
}

/** Takes up the sequences that a killed process left behind. */
export function resumeSequences(world: World): void {
  for (const machine of Object.values(world.state.machines)) if (machine.sequence) goOn(world, machine);
}

/** Resolves when no sequence of any node is under way. */
export async function sequencesEnded(world: World): Promise<void> {
  while (ends.get(world)?.length) {
    const [next, ...rest] = ends.get(world)!;
    ends.set(world, rest);
    await next;
  }
}

function goOn(world: World, machine: MachineState): void {
  if (driven.has(machine)) return;
  const work = drive(world, machine).then(() => comeBack(world, machine.vmId));
  // Whoever waits for the end is told; nobody else may be there to hear of it.
  work.catch(() => undefined);
  driven.set(machine, work);
  ends.set(world, [...(ends.get(world) ?? []), work]);
}

/** The node registers again by itself, and what runs on it starts, whether anybody looks or not. */
async function comeBack(world: World, vmId: number): Promise<void> {
  const patience = world.clock.now() + DURATIONS.comeBack;
  const away = () => nodesOn(world, vmId).some(({ node }) => node.downSince !== undefined);
  while (away() && world.clock.now() < patience && !world.state.machines[vmId]?.hung) {
    await world.clock.sleep(DURATIONS.retry);
    await settle(world);
  }
  await world.commit();
}

async function drive(world: World, machine: MachineState): Promise<void> {
  const { vmId } = machine;
  const sequence = machine.sequence!;
  const { name, actorId } = sequence;
  // A machine that was switched off or rebooted meanwhile is another one in the state.
  const there = () => world.state.machines[vmId] === machine;
  const say = (type: string, payload: Record<string, unknown>) =>
    publish(world, vmId, type, payload, actorId);
  const phases = phasesOf(name);

  say("machine.SequenceEvent", { sequence: name, action: "START" });
  for (; sequence.phase < phases.length && there(); sequence.phase++) {
    const { phase, task, work } = phases[sequence.phase]!;
    await world.commit();
    say("machine.PhaseEvent", { phase, action: "START" });
    say("machine.TaskEvent", { task, action: "START" });
    try {
      await work?.(world, machine, there);
    } catch (error) {
      if (!there()) return;
      say("machine.TaskEvent", { task, action: "STOP" });
      say("machine.PhaseEvent", { phase, action: "STOP" });
      say("machine.SequenceEvent", { sequence: name, action: "STOP" });
      const where = `error running phase ${sequence.phase + 1} in ${name} sequence: task 1/1: failed`;
      const message = `sequence failed: ${where}, ${(error as Error).message}`;
      say("machine.SequenceEvent", failure(name, "FATAL", message));
      return panic(world, machine, message, there);
    }
    if (!there()) return;
    say("machine.TaskEvent", { task, action: "STOP" });
    say("machine.PhaseEvent", { phase, action: "STOP" });
  }
}

/** machined gives up, and the machine reboots into whatever its boot loader has. */
async function panic(
  world: World,
  machine: MachineState,
  message: string,
  there: () => boolean,
): Promise<void> {
  const node = machine.facts?.hostname ?? String(machine.vmId);
  world.note({
    kind: "upgrade-failed",
    subject: node,
    severity: "warning",
    text: `${node} reboots: ${message}`,
    detail: { vmId: machine.vmId, node, image: machine.sequence?.image, message },
  });
  await world.commit();
  await world.clock.sleep(DURATIONS.panicCountdown);
  if (!there()) return;
  await exclusive(world, () => boot(world, machine.vmId, world.clock.now(), "its sequence failed"));
  await world.commit();
}

function failure(sequence: string, code: string, message: string): Record<string, unknown> {
  return { sequence, action: "NOOP", error: { code, message } };
}
