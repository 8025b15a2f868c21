import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/support/longest-first.ts";

export default defineConfig({
  test: {
    // Engine tests start real processes and wait for them a quarter of the time: two cores carry three.
    maxWorkers: 3,
    // Loading Pulumi and its SDKs takes five seconds of a processor: once a worker instead of once a file.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    // A third of a worker's time went into collecting what a run of the program leaves, for which V8 has 16 MiB by itself.
    execArgv: ["--min-semi-space-size=64", "--max-semi-space-size=64"],
    globalSetup: ["test/support/hostile-environment.ts", "test/support/snapshots.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts", "test/components/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "engine",
          include: ["test/engine/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
