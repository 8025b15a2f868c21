/**
 * A run whose engine is to be killed, in a process of its own that ends with it. What comes after it is then a new process, as
 * a user's next command is, and hears nothing of the connections that broke.
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { command, during, type Place } from "./attempt.ts";
import type { Fault } from "../world/kernel/request-faults.ts";
import { FaultInjector } from "./injector.ts";
import { killEngine } from "./kill.ts";
import { SCENARIO, type ScenarioName } from "./scenario.ts";

export interface Sacrifice extends Place {
  scenario: ScenarioName;
  fault: Fault;
}

interface End {
  injected: Fault[];
  failure?: string;
}

/** Runs it; what it said when it failed. Whether the fault happened is told to the injector, which does nothing else. */
export async function sacrificed(sacrifice: Sacrifice, record: FaultInjector): Promise<string | undefined> {
  const child = fork(fileURLToPath(import.meta.url), {
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    env: { ...process.env, [MARK]: "1" },
  });
  try {
    const end = await new Promise<End>((resolve, reject) => {
      child.once("message", (message) => resolve(message as End));
      child.once("exit", (code) =>
        reject(new Error(`the sacrificed run ended with ${code} before it could tell`)),
      );
      child.send(sacrifice);
    });
    record.injected.push(...end.injected);
    return end.failure;
  } finally {
    child.removeAllListeners();
    child.kill("SIGKILL");
  }
}

const MARK = "HOMELAB_FAULTS_SACRIFICE";

async function perish({ scenario, fault, ...place }: Sacrifice): Promise<End> {
  const injector = new FaultInjector({ faults: [fault], kill: killEngine });
  const failure = await during(place, SCENARIO[scenario], injector, command);
  return { injected: injector.injected, ...(failure !== undefined && { failure }) };
}

if (process.env[MARK] === "1" && process.send) {
  process.on("unhandledRejection", () => undefined);
  process.once("message", (sacrifice: Sacrifice) => {
    perish(sacrifice).then(
      (end) => process.send!(end),
      (error: unknown) => process.send!({ injected: [], failure: String(error) }),
    );
  });
  process.on("disconnect", () => process.exit(1));
}
