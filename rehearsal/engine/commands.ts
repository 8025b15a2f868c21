/** The commands, as the official CLI carries them out: `up` and `destroy` preview first and do nothing if that fails. */
import type { OutputMap, Stack } from "@pulumi/pulumi/automation/index.js";
import type { Command } from "../cli/arguments.ts";
import { endingWithProgram, type Guarded } from "./program-failure.ts";
import { OperationLog } from "./operations.ts";

export interface EngineOutput {
  color: "always" | "never";
  onOutput: (text: string) => void;
}

type EngineCommand = Exclude<Command, "outputs" | "recover">;

export interface EngineEnd {
  /** What the engine said; undefined when it succeeded. */
  failure?: string;
  /** The stack's outputs, where the command asked for them anyway: asking again is two processes more. */
  outputs?: OutputMap;
}

export interface How {
  /**
   * The environment's config was overlaid for this run. What protects a resource lies in the state, so a destroy then brings the
   * overlaid config there first, as `pulumi config set` and `pulumi up` would.
   */
  overlaid: boolean;
  /** Whether a preview comes before, and ends it when it fails. */
  previewed: boolean;
}

/** @param stop Ends the command in the middle. */
export async function runEngine(
  command: EngineCommand,
  stack: Stack,
  log: OperationLog,
  output: EngineOutput,
  how: How,
  stop: AbortSignal,
): Promise<EngineEnd> {
  // Each run of the engine for itself: what one has left to reject must not end the next.
  const guarded: Guard = (run) =>
    endingWithProgram(({ signal, onEvent }) => run({ ...output, signal, onEvent }), stop);
  try {
    const outputs = await carryOut(command, stack, log, guarded, output, how);
    return outputs ? { outputs } : {};
  } catch (error) {
    return { failure: (error as Error).message };
  }
}

type Loud = EngineOutput & Guarded;
type Guard = <Result>(run: (loud: Loud) => Promise<Result>) => Promise<Result>;

async function carryOut(
  command: EngineCommand,
  stack: Stack,
  log: OperationLog,
  guarded: Guard,
  output: EngineOutput,
  { overlaid, previewed }: How,
): Promise<OutputMap | undefined> {
  const logged: Guard = (run) =>
    guarded((loud) => run({ ...loud, onEvent: both(loud.onEvent, log.receive) }));
  switch (command) {
    case "preview": {
      const { changeSummary } = await logged((loud) => stack.preview(loud));
      log.changes = changeSummary;
      return undefined;
    }
    case "up":
      if (previewed) await quietly(guarded, output, log, (quiet) => stack.preview(quiet));
      return (await logged((loud) => stack.up({ ...loud, suppressOutputs: true }))).outputs;
    case "refresh":
      await logged((loud) => stack.refresh(loud));
      return undefined;
    case "destroy":
      if (overlaid) {
        output.onOutput("First an `up`, so that the config of this run is in force:\n");
        await bringIntoForce(stack, logged, output, log);
      }
      if (previewed) await quietly(guarded, output, log, (quiet) => stack.previewDestroy(quiet));
      await logged((loud) => stack.destroy(loud));
      return undefined;
  }
}

/** What fails on the way need not stop a destroy: what is still protected then says so itself. */
async function bringIntoForce(
  stack: Stack,
  logged: Guard,
  { onOutput }: EngineOutput,
  log: OperationLog,
): Promise<void> {
  const known = log.errors.length;
  try {
    await logged((loud) => stack.up({ ...loud, suppressOutputs: true }));
  } catch {
    log.errors.splice(known);
    onOutput("It failed, and what it reached is in force. Now the destroy:\n");
  }
}

function both(...receivers: Guarded["onEvent"][]): Guarded["onEvent"] {
  return (event) => {
    for (const receive of receivers) receive(event);
  };
}

/** A preview whose output is only of interest when it fails. */
async function quietly(
  guarded: Guard,
  { onOutput }: EngineOutput,
  log: OperationLog,
  preview: (options: Loud) => Promise<unknown>,
): Promise<void> {
  const printed: string[] = [];
  const own = new OperationLog(() => 0);
  try {
    await guarded((loud) =>
      preview({
        ...loud,
        onOutput: (text) => printed.push(text),
        onEvent: both(loud.onEvent, own.receive),
      }),
    );
  } catch (error) {
    onOutput(printed.join(""));
    log.errors.push(...own.errors);
    throw error;
  }
}
