/** The campaign's processes: each with its own homelab, so that two cases run at a time and neither disturbs the other. */
import { fork, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Case, CaseResult } from "./bench.ts";
import type { Passed } from "../world/kernel/request-faults.ts";
import type { ScenarioName } from "./scenario.ts";
import type { Answer, Order } from "./worker.ts";

const WORKER = fileURLToPath(new URL("worker.ts", import.meta.url));
/** No case takes a tenth of it; what hangs is found out. */
const CASE_LIMIT = 300_000;
/** For the undisturbed runs, all of them. */
const PREPARATION_LIMIT = 1_800_000;

export interface CampaignOptions {
  workers: number;
  scenarios: ScenarioName[];
  /** Chooses among everything that was found. */
  choose: (operations: Record<string, Passed[]>) => Case[];
  onResult?: (result: CaseResult, done: number, of: number) => void;
}

export interface Campaign {
  operations: Record<string, Passed[]>;
  results: CaseResult[];
  /** Wall time in seconds. */
  seconds: number;
}

export async function campaign({ workers, scenarios, choose, onResult }: CampaignOptions): Promise<Campaign> {
  const started = performance.now();
  const root = await mkdtemp(join(tmpdir(), "faults-"));
  const crew = Array.from(
    { length: workers },
    (_, index) => new Worker(join(root, String(index)), scenarios),
  );
  try {
    const [operations] = await Promise.all(crew.map((worker) => worker.prepare()));
    const cases = choose(operations!);
    const left = [...cases];
    const results: CaseResult[] = [];
    await Promise.all(
      crew.map(async (worker) => {
        for (let next = left.shift(); next; next = left.shift()) {
          const result = await worker.try(next);
          results.push(result);
          onResult?.(result, results.length, cases.length);
        }
      }),
    );
    return { operations: operations!, results, seconds: (performance.now() - started) / 1000 };
  } finally {
    for (const worker of crew) worker.end();
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

class Worker {
  #process: ChildProcess | undefined;

  constructor(
    readonly root: string,
    readonly scenarios: ScenarioName[],
  ) {}

  async prepare(): Promise<Record<string, Passed[]>> {
    await rm(this.root, { recursive: true, force: true });
    this.#process = fork(WORKER, {
      execArgv: ["--import", "tsx"],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    const answer = await this.#ask(
      { prepare: { root: this.root, scenarios: this.scenarios } },
      PREPARATION_LIMIT,
    );
    if ("prepared" in answer) return answer.prepared;
    throw new Error(`the undisturbed runs failed: ${"failed" in answer ? answer.failed : "no answer"}`);
  }

  /** A case that breaks the process breaks itself, not those after it. */
  async try(wanted: Case): Promise<CaseResult> {
    const answer = await this.#ask({ try: wanted });
    if ("tried" in answer) return answer.tried;
    this.end();
    await this.prepare();
    const problem = "failed" in answer ? answer.failed : "no answer";
    return {
      ...wanted,
      outcome: "broken",
      injected: true,
      retries: 0,
      problems: [`the case could not be carried out: ${problem}`],
      recovery: [],
      seconds: 0,
    };
  }

  end(): void {
    this.#process?.kill("SIGKILL");
    this.#process = undefined;
  }

  #ask(order: Order, milliseconds = CASE_LIMIT): Promise<Answer> {
    const worker = this.#process!;
    return new Promise((resolve) => {
      const finish = (answer: Answer) => {
        clearTimeout(limit);
        worker.removeAllListeners();
        resolve(answer);
      };
      const limit = setTimeout(
        () => finish({ failed: `it did not end in ${milliseconds / 60_000} minutes` }),
        milliseconds,
      );
      worker.once("message", (answer) => finish(answer as Answer));
      worker.once("exit", (code, signal) => finish({ failed: `its process ended (${code ?? signal})` }));
      worker.send(order);
    });
  }
}
