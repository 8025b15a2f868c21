/** Every wrong program and every right twin, by the tests' own runner: they are tests, of which `npm test` takes a sample. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { REPOSITORY } from "../paths.ts";
import type { Part } from "./part.ts";

export const MUTANTS: Part = {
  name: "mutants",
  title: "Wrong programs",
  run: async ({ seed, sample, log }) => {
    const runner = join(REPOSITORY, "node_modules", "vitest", "vitest.mjs");
    const child = spawn(process.execPath, [runner, "run", "test/engine/mutants", "--reporter", "tap-flat"], {
      cwd: REPOSITORY,
      env: { ...process.env, MUTANTS: sample === undefined ? "all" : "sample", MUTANTS_SEED: seed },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    let tried = 0;
    const broken: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const [, failed, name] = /^(not )?ok \d+ - (.*)$/.exec(line) ?? [];
      if (name === undefined) continue;
      log(line);
      tried++;
      if (failed) broken.push(name);
    }
    const code = await ended;
    if (code !== 0 && broken.length === 0) broken.push(`it ended with ${code} before it could tell`);
    return { tried, broken, text: "Each is caught by a check that names its cause; each right twin passes." };
  },
};
