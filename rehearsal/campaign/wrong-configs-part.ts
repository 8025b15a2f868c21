/** Every wrong configuration of the campaign, in several processes at a time. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { table } from "../faults/document.ts";
import type { Part, PartOptions } from "./part.ts";
import type { WrongConfigResult } from "./wrong-config-bench.ts";
import type { Told } from "./wrong-config-worker.ts";
import { wrongConfigs, type WrongConfig } from "./wrong-configs.ts";

const WORKER = fileURLToPath(new URL("wrong-config-worker.ts", import.meta.url));
/** Of which 200 are first configurations. */
const COUNT = 266;

export const WRONG_CONFIGS: Part = {
  name: "wrong-configs",
  title: "Wrong configurations",
  run: async (options) => {
    const configs = wrongConfigs(options.sample ?? COUNT, options.seed);
    const shares = Array.from({ length: options.workers }, (_, worker) =>
      configs.filter((_, index) => index % options.workers === worker),
    );
    const results: WrongConfigResult[] = [];
    const onResult = (result: WrongConfigResult) => {
      results.push(result);
      tell(result, results.length, configs.length, options);
    };
    await Promise.all(shares.filter((share) => share.length > 0).map((share) => carryOut(share, onResult)));
    return {
      tried: results.length,
      broken: results.flatMap(({ config, problems }) =>
        problems.length > 0 ? [`${caseName(config)}: ${problems.join("; ")}`] : [],
      ),
      text: sectionOf(results, options.seed),
    };
  },
};

function carryOut(configs: WrongConfig[], onResult: (result: WrongConfigResult) => void): Promise<void> {
  const worker = fork(WORKER, {
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  return new Promise<void>((resolve, reject) => {
    worker.on("message", (told: Told) => {
      if ("tried" in told) onResult(told.tried);
      else if ("done" in told) resolve();
      else reject(new Error(told.failed));
    });
    worker.once("exit", (code, signal) =>
      reject(new Error(`a process of the campaign ended (${code ?? signal})`)),
    );
    worker.send(configs);
  }).finally(() => {
    worker.removeAllListeners();
    worker.kill("SIGKILL");
  });
}

function tell(
  { config, problems, seconds }: WrongConfigResult,
  done: number,
  of: number,
  { log }: PartOptions,
) {
  const outcome = problems.length === 0 ? "right" : "BROKEN";
  log(`${String(done).padStart(4)}/${of} ${outcome.padEnd(7)} ${caseName(config)} (${seconds.toFixed(1)} s)`);
  for (const line of problems) log(`          ! ${line.slice(0, 700)}`);
}

function caseName({ kind, number, name }: WrongConfig): string {
  return `${kind} ${number}: ${name}`;
}

const WAYS = {
  first: "destroyed while it was wrong; corrected; of every other wrong worker, taken away; then destroyed",
  added: "corrected, taken away, and `retiring: true`, each with nothing else touched",
};

function sectionOf(results: WrongConfigResult[], seed: string): string {
  const rows = (["first", "added"] as const).map((kind) => {
    const own = results.filter(({ config }) => config.kind === kind);
    const broken = own.filter(({ problems }) => problems.length > 0).length;
    return [kind, WAYS[kind], own.length, own.length - broken, broken];
  });
  return (
    "A store, host, id, address, size or MAC address is wrong, in a first configuration or of a worker that joins a running " +
    `cluster; seed \`${seed}\`. Each way out begins where the wrong run ended.\n\n` +
    table(["configuration", "ways out", "tried", "all worked", "broken"], rows)
  );
}
