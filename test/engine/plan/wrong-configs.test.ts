/** Ten of the campaign's wrong configurations: every way out of each works; what was corrected is destroyed in the campaign alone. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WrongConfigBench } from "../../../rehearsal/campaign/wrong-config-bench.ts";
import { wrongConfigs } from "../../../rehearsal/campaign/wrong-configs.ts";

const CONFIGS = wrongConfigs(10, "tests");
let bench: WrongConfigBench;

beforeAll(async () => {
  bench = new WrongConfigBench(await mkdtemp(join(tmpdir(), "wrong-configs-")), false);
  await bench.prepare(CONFIGS);
});

afterAll(() => rm(bench.root, { recursive: true, force: true, maxRetries: 5 }));

test.each(CONFIGS.map((config) => [`${config.kind}, ${config.name}`, config] as const))(
  "%s",
  async (_name, config) => {
    expect((await bench.try(config)).problems).toEqual([]);
  },
);
