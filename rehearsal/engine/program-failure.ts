/**
 * Ends a run whose program has failed. Under the official language host a rejected promise that nobody handles ends the
 * program's process, and so the run. The Automation API's inline server only takes note of it (@pulumi/pulumi automation/server.ts),
 * and then waits for ever for resources whose inputs will never be known. So once nothing is under way any more, the run is cancelled.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { isWork } from "./operations.ts";

export interface Guarded {
  signal: AbortSignal;
  onEvent: (event: EngineEvent) => void;
}

interface Run {
  ended: boolean;
}

const runs = new AsyncLocalStorage<Run>();

/**
 * A run that failed goes on rejecting after its end, as its calls to an engine that is gone fail one by one. Node tells of it in that
 * run's own context, but tells every listener, and the inline server of a later run in this process would report it as an error of
 * its own program (@pulumi/pulumi automation/server.ts, newUncaughtHandler).
 */
const emit = process.emit.bind(process) as (...event: unknown[]) => boolean;
process.emit = ((...event: unknown[]) =>
  (event[0] === "unhandledRejection" && runs.getStore()?.ended === true) ||
  emit(...event)) as typeof process.emit;

/** Wall-clock milliseconds without any work under way, after the failure. */
const GRACE = 2000;

/** @param stop Ends the run at once: nothing it does could be kept any more. */
export async function endingWithProgram<Result>(
  run: (guarded: Guarded) => Promise<Result>,
  stop?: AbortSignal,
): Promise<Result> {
  const controller = new AbortController();
  const onStop = () => controller.abort();
  stop?.addEventListener("abort", onStop);
  const work = new WorkUnderWay();
  let failed = false;
  const own: Run = { ended: false };
  const onFailure = () => {
    const of = runs.getStore();
    if (of === undefined || of === own) failed = true;
  };
  process.on("unhandledRejection", onFailure);
  const watch = setInterval(() => {
    if (failed && work.idleFor() > GRACE) controller.abort();
  }, 250);
  try {
    return await runs.run(own, () => run({ signal: controller.signal, onEvent: work.receive }));
  } finally {
    own.ended = true;
    clearInterval(watch);
    stop?.removeEventListener("abort", onStop);
    process.off("unhandledRejection", onFailure);
  }
}

class WorkUnderWay {
  readonly #open = new Set<string>();
  #since = performance.now();

  readonly receive = ({ resourcePreEvent, resOutputsEvent, resOpFailedEvent }: EngineEvent): void => {
    const started = resourcePreEvent?.metadata;
    const ended = (resOutputsEvent ?? resOpFailedEvent)?.metadata;
    if (started && isWork(started)) this.#open.add(started.urn);
    if (ended) this.#open.delete(ended.urn);
    this.#since = performance.now();
  };

  /** Milliseconds since the last sign of life, when nothing is under way. */
  idleFor(): number {
    return this.#open.size > 0 ? 0 : performance.now() - this.#since;
  }
}
