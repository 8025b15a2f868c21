/** Parts that are tests, of which `npm test` takes a sample, by the tests' own runner. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { REPOSITORY } from "../paths.ts";
import type { Part } from "./part.ts";

/** Every wrong program and every right twin. */
export const MUTANTS = testsPart({
  name: "mutants",
  title: "Wrong programs",
  tests: ["test/engine/mutants"],
  text: "Each is caught by a check that names its cause; each right twin passes.",
});

export const UPGRADES = testsPart({
  name: "upgrades",
  title: "Upgrades",
  tests: ["test/engine/upgrade"],
  text: "Through patches, minors and extensions by the real `talosctl`, disturbed at each step, and finished by the next `up`.",
});

export const FUZZ = testsPart({
  name: "fuzz",
  title: "Fuzz",
  tests: [
    "test/unit/config/fuzz.test.ts",
    "test/unit/talos/data-disk.property.test.ts",
    "test/unit/api/hostile",
  ],
  text: "Mutated configurations, disks of every kind, and hostile requests against each local server.",
});

interface Tests {
  name: string;
  title: string;
  /** Files and folders. Those that are a sample otherwise read CAMPAIGN, "all" or "sample", and CAMPAIGN_SEED from the environment. */
  tests: string[];
  text: string;
}

function testsPart({ name, title, tests, text }: Tests): Part {
  return {
    name,
    title,
    run: async ({ seed, sample, log }) => {
      const runner = join(REPOSITORY, "node_modules", "vitest", "vitest.mjs");
      const child = spawn(process.execPath, [runner, "run", ...tests, "--reporter", "tap-flat"], {
        cwd: REPOSITORY,
        env: { ...process.env, CAMPAIGN: sample === undefined ? "all" : "sample", CAMPAIGN_SEED: seed },
        stdio: ["ignore", "pipe", "inherit"],
      });
      const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
      let tried = 0;
      const broken: string[] = [];
      for await (const line of createInterface({ input: child.stdout })) {
        const [, failed, test] = /^(not )?ok \d+ - (.*)$/.exec(line) ?? [];
        // What is indented tells why the one before it failed.
        if (line.startsWith(" ")) log(line);
        if (test === undefined || test.endsWith("# SKIP")) continue;
        log(line);
        tried++;
        if (failed) broken.push(test);
      }
      const code = await ended;
      if (code !== 0 && broken.length === 0) broken.push(`it ended with ${code} before it could tell`);
      return { tried, broken, text };
    },
  };
}
