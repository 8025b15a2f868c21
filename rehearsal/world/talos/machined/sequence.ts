/**
 * Sequences: what machined does phase by phase, with an event for the start and stop of each. One at a time on a node. It goes
 * on by itself while clients watch, and after a killed process from the phase that it was in.
 *
 * Sources: talos v1.12.0 runtime/v1alpha1/v1alpha1_sequencer.go (Upgrade, Reboot), v1alpha1_controller.go (Run, runPhase),
 * v1alpha1_priority_lock.go, machined/main.go (a failed sequence is fatal: the machine reboots).
 */
import type { MachineState, RunningSequence } from "../state.ts";
import type { World } from "../../kernel/world.ts";
import { boot } from "./boot.ts";
import { DURATIONS } from "../durations.ts";
import { publish } from "./events.ts";
import { phasesOf } from "./phases.ts";

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

function goOn(world: World, machine: MachineState): void {
  world.goOn(`sequence of ${machine.bootId}`, async () => {
    await drive(world, machine);
    await comeBack(world, machine.vmId);
  });
}

/** The node registers again by itself, and what runs on it starts, whether anybody looks or not. */
async function comeBack(world: World, vmId: number): Promise<void> {
  const patience = world.clock.now() + DURATIONS.comeBack;
  while (
    world.systems.workloads.isMissed(world, vmId) &&
    world.clock.now() < patience &&
    !world.state.machines[vmId]?.hung
  ) {
    await world.clock.sleep(DURATIONS.retry);
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
  await world.exclusive((held) => boot(held, machine.vmId, world.clock.now(), "its sequence failed"));
  await world.commit();
}

function failure(sequence: string, code: string, message: string): Record<string, unknown> {
  return { sequence, action: "NOOP", error: { code, message } };
}
