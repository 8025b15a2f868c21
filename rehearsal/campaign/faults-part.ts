/** The fault campaign, as `npm run faults` runs it: it writes docs/reliability.md itself. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { REPOSITORY } from "../paths.ts";
import type { Part } from "./part.ts";

const SUM = /^(\d+) faults injected, (\d+) converged, (\d+) broken/;

export const FAULTS: Part = {
  name: "faults",
  title: "Faults",
  run: async ({ workers, seed, sample, log }) => {
    const options = [
      "--workers",
      String(workers),
      ...(sample ? ["--sample", String(sample), "--seed", seed] : []),
    ];
    const child = spawn(
      process.execPath,
      ["--import", "tsx", join(REPOSITORY, "rehearsal", "cli", "faults.ts"), ...options],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    let sum: RegExpExecArray | null = null;
    const broken: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      log(line);
      sum = SUM.exec(line) ?? sum;
      const [, name] = /^ *\d+\/\d+ broken +(.*)$/.exec(line) ?? [];
      if (name) broken.push(name);
    }
    const code = await ended;
    if (!sum) broken.push(`it ended with ${code} before it could tell`);
    return {
      tried: Number(sum?.[1] ?? 0),
      broken,
      text: "Every operation that the lab asks of its homelab, disturbed in each way: [reliability.md](reliability.md).",
    };
  },
};
