/** One run of a scenario in the folder of a bench. */
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { uncoloured } from "../engine/operations.ts";
import { endingWithProgram } from "../engine/program-failure.ts";
import { openRehearsal, type Rehearsal } from "../session.ts";
import type { FaultInjector } from "./injector.ts";
import type { Scenario } from "./scenario.ts";

export const STACK = "lab";
/** Simulated seconds per second: fast, and slow enough that the engine's own time stays small beside every time limit. */
const TIME_SCALE = 240;

export interface Place {
  root: string;
  /** Of the simulated Proxmox: it is part of the state, and so must not change. */
  port: number | undefined;
}

export async function during<Result>(
  { root, port }: Place,
  { overlays, command: what }: Scenario,
  injector: FaultInjector | undefined,
  use: (rehearsal: Rehearsal, what: "up" | "destroy") => Promise<Result>,
): Promise<Result> {
  const rehearsal = await openRehearsal({
    stack: STACK,
    root,
    timeScale: TIME_SCALE,
    overlays,
    ...(injector && { intercept: injector.intercept }),
    ...(port !== undefined && { port }),
  });
  try {
    return await use(rehearsal, what);
  } finally {
    await rehearsal.close();
  }
}

/** The command, as a user gives it; what it said when it failed. */
export async function command({ stack }: Rehearsal, what: "up" | "destroy"): Promise<string | undefined> {
  const errors = new Set<string>();
  try {
    await endingWithProgram(({ signal, onEvent: watch }) => {
      const onEvent = (event: EngineEvent) => {
        watch(event);
        const { severity, message } = event.diagnosticEvent ?? {};
        if (severity === "error" && message) errors.add(uncoloured(message));
      };
      const options = { onEvent, signal };
      return what === "up" ? stack.up({ ...options, suppressOutputs: true }) : stack.destroy(options);
    });
    return undefined;
  } catch (error) {
    const causes = [...errors].filter((text) => !/(update|destroy) failed$/.test(text));
    return causes.join(" | ") || (error as Error).message;
  }
}
