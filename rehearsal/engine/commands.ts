/** The commands, as the official CLI carries them out: `up` and `destroy` preview first and do nothing if that fails. */
import type { EngineEvent, OutputMap, Stack } from "@pulumi/pulumi/automation/index.js";
import type { Command } from "../arguments.ts";
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

/**
 * @param overlaid The environment's config was overlaid for this run. What protects a resource lies in the state, so a
 *   destroy then brings the overlaid config there first, as `pulumi config set` and `pulumi up` would.
 * @param stop Ends the command in the middle.
 */
export async function runEngine(
  command: EngineCommand,
  stack: Stack,
  log: OperationLog,
  output: EngineOutput,
  overlaid: boolean,
  stop: AbortSignal,
): Promise<EngineEnd> {
  try {
    const outputs = await endingWithProgram(({ signal, onEvent }) => {
      const receive = (event: EngineEvent) => {
        onEvent(event);
        log.receive(event);
      };
      return carryOut(command, stack, log, { ...output, signal, onEvent: receive }, overlaid);
    }, stop);
    return outputs ? { outputs } : {};
  } catch (error) {
    return { failure: (error as Error).message };
  }
}

type Loud = EngineOutput & Guarded;

async function carryOut(
  command: EngineCommand,
  stack: Stack,
  log: OperationLog,
  loud: Loud,
  overlaid: boolean,
): Promise<OutputMap | undefined> {
  switch (command) {
    case "preview": {
      const { changeSummary } = await stack.preview(loud);
      log.changes = changeSummary;
      return undefined;
    }
    case "up":
      await quietly(loud, log, (quiet) => stack.preview(quiet));
      return (await stack.up({ ...loud, suppressOutputs: true })).outputs;
    case "refresh":
      await stack.refresh(loud);
      return undefined;
    case "destroy":
      if (overlaid) {
        loud.onOutput("First an `up`, so that the config of this run is in force:\n");
        await bringIntoForce(stack, loud, log);
      }
      await quietly(loud, log, (quiet) => stack.previewDestroy(quiet));
      // Nothing runs the program here, so what the `up` before has left to reject must not end it.
      await stack.destroy({ color: loud.color, onOutput: loud.onOutput, onEvent: loud.onEvent });
      return undefined;
  }
}

/** What fails on the way need not stop a destroy: what is still protected then says so itself. */
async function bringIntoForce(stack: Stack, loud: Loud, log: OperationLog): Promise<void> {
  const known = log.errors.length;
  try {
    await stack.up({ ...loud, suppressOutputs: true });
  } catch {
    log.errors.splice(known);
    loud.onOutput("It failed, and what it reached is in force. Now the destroy:\n");
  }
}

/** A preview whose output is only of interest when it fails. */
async function quietly(
  output: Loud,
  log: OperationLog,
  preview: (options: Loud) => Promise<unknown>,
): Promise<void> {
  const printed: string[] = [];
  const own = new OperationLog(() => 0);
  try {
    await preview({
      color: output.color,
      signal: output.signal,
      onOutput: (text) => printed.push(text),
      onEvent: own.receive,
    });
  } catch (error) {
    output.onOutput(printed.join(""));
    log.errors.push(...own.errors);
    throw error;
  }
}
