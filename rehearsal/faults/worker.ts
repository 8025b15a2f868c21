/** One of the campaign's processes: it prepares a bench of its own and tries the cases it is given, one after the other. */
import { FaultBench, type Case, type CaseResult } from "./bench.ts";
import type { Passed } from "../world/kernel/request-faults.ts";
import type { ScenarioName } from "./scenario.ts";

export type Order = { prepare: { root: string; scenarios: ScenarioName[] } } | { try: Case };
export type Answer = { prepared: Record<string, Passed[]> } | { tried: CaseResult } | { failed: string };

let bench: FaultBench | undefined;

async function carryOut(order: Order): Promise<Answer> {
  if ("prepare" in order) {
    bench = new FaultBench(order.prepare.root);
    return { prepared: await bench.prepare(order.prepare.scenarios) };
  }
  return { tried: await bench!.try(order.try) };
}

// A killed engine takes the program's connection along, and the SDK leaves promises about it behind.
process.on("unhandledRejection", () => undefined);
process.on("message", (order: Order) => {
  carryOut(order).then(
    (answer) => process.send!(answer),
    (error: unknown) =>
      process.send!({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
