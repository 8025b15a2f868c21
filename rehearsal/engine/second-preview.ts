/** What the engine would do if `up` were given once more, although nothing changed since: it should be nothing. */
import type { EngineEvent, Stack } from "@pulumi/pulumi/automation/index.js";
import { OperationLog, type Operation } from "./operations.ts";
import { endingWithProgram } from "./program-failure.ts";

export interface SecondPreview {
  /** True when the state was first brought up to what the providers read, in memory only. */
  refreshed: boolean;
  /** What it would do. */
  operations: Operation[];
  /** Stack outputs that would come out otherwise. */
  outputs: string[];
  /** Why it failed. */
  errors: string[];
}

/**
 * Two runs of the engine, because neither says what the other would: an input that is another at every run shows in both,
 * but a state that a provider would read back differently only after a refresh, and a refresh can also hide what the
 * state has wrong.
 */
export async function previewTwice(stack: Stack): Promise<SecondPreview[]> {
  return [await previewAgain(stack, false), await previewAgain(stack, true)];
}

async function previewAgain(stack: Stack, refresh: boolean): Promise<SecondPreview> {
  const log = new OperationLog(() => 0);
  let outputs: string[] = [];
  let failure: string | undefined;
  try {
    await endingWithProgram(({ signal, onEvent: watch }) => {
      const onEvent = (event: EngineEvent) => {
        watch(event);
        log.receive(event);
        outputs = changedOutputs(event) ?? outputs;
      };
      return stack.preview({ refresh, signal, onEvent });
    });
  } catch (error) {
    failure = (error as Error).message;
  }
  const errors = failure !== undefined && log.errors.length === 0 ? [failure] : log.errors;
  return { refreshed: refresh, operations: log.operations, outputs, errors };
}

/** Undefined for every event but the stack's own end; secrets come masked, so a change of theirs cannot be seen. */
function changedOutputs({ resOutputsEvent }: EngineEvent): string[] | undefined {
  const { op, type, old, new: now } = resOutputsEvent?.metadata ?? {};
  if (type !== "pulumi:pulumi:Stack" || op === "refresh") return undefined;
  const [before, after] = [old?.outputs ?? {}, now?.outputs ?? {}] as Record<string, unknown>[];
  return [...new Set([...Object.keys(before!), ...Object.keys(after!)])].filter(
    (name) => JSON.stringify(before![name]) !== JSON.stringify(after![name]),
  );
}
