/** One of the campaign's processes: it tries the wrong configurations that it is given, one after the other. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WrongConfigBench, type WrongConfigResult } from "./wrong-config-bench.ts";
import type { WrongConfig } from "./wrong-configs.ts";

export type Told = { tried: WrongConfigResult } | { done: true } | { failed: string };

async function tryAll(configs: WrongConfig[]): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), "wrong-configs-"));
  try {
    const bench = new WrongConfigBench(root);
    await bench.prepare(configs);
    for (const config of configs) process.send!({ tried: await bench.try(config) } satisfies Told);
  } finally {
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

// A program that is refused leaves promises about its run behind.
process.on("unhandledRejection", () => undefined);
process.once("message", (configs: WrongConfig[]) => {
  tryAll(configs).then(
    () => process.send!({ done: true } satisfies Told),
    (error: unknown) => process.send!({ failed: String(error) } satisfies Told),
  );
});
process.on("disconnect", () => process.exit(0));
