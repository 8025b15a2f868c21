/** Marks what this process starts, and has it ended should this process be killed. */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { RUN_VARIABLE } from "./orphans.mjs";

let run: string | undefined;

/**
 * The mark of this process's runs: the same for all of them. From the first call on, everything that this process starts inherits
 * it, and a small process of its own waits for the end of this one.
 */
export function markRun(): string {
  if (run !== undefined) return run;
  run = randomUUID();
  const warden = spawn(process.execPath, [fileURLToPath(new URL("warden.mjs", import.meta.url)), run], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    env: { ...process.env, [RUN_VARIABLE]: undefined },
  });
  // Without it a killed run is cleaned up by the next one.
  warden.on("error", () => undefined);
  warden.stdin.on("error", () => undefined);
  warden.unref();
  (warden.stdin as unknown as { unref(): void }).unref();
  process.env[RUN_VARIABLE] = run;
  return run;
}
