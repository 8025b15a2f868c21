/** Entry of `npm run campaign`: everything that takes too long for the tests, or the parts that are named. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "./command.ts";
import { campaignDocument } from "../campaign/document.ts";
import { FAULTS } from "../campaign/faults-part.ts";
import { OPTIONS, parseOptions, positive } from "../campaign/options.ts";
import type { Part, PartResult } from "../campaign/part.ts";
import { FUZZ, MUTANTS, UPGRADES } from "../campaign/tests-part.ts";
import { WRONG_CONFIGS } from "../campaign/wrong-configs-part.ts";
import { REPOSITORY } from "../paths.ts";
import { UserError } from "../user-error.ts";
import { listWords } from "../../src/config/problem.ts";

/** In the order in which they run and are written down. */
const PARTS: readonly Part[] = [FAULTS, WRONG_CONFIGS, UPGRADES, MUTANTS, FUZZ];
const NAMES = PARTS.map(({ name }) => name);
const DOCUMENT = join(REPOSITORY, "docs", "campaign.md");

const USAGE = `Usage: npm run campaign [-- [part ...] [options]]

Parts: ${NAMES.join(", ")}; all of them when none is named.

      --sample <n>      only so many cases of each part, chosen by --seed; the documents are left alone
      --seed <text>     default "campaign"
      --workers <n>     cases at a time (default 2)
  -h, --help            this text

Writes docs/campaign.md, and what each part writes itself.`;

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseOptions(
    { args: argv, allowPositionals: true, options: OPTIONS },
    USAGE,
  );
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const unknown = positionals.filter((name) => !NAMES.includes(name));
  if (unknown.length > 0)
    throw new UserError(`There is no part "${unknown[0]}"; there are ${listWords(NAMES, "and")}.`);
  const chosen = PARTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const sample = values.sample === undefined ? undefined : positive("--sample", values.sample);
  const workers = positive("--workers", values.workers ?? "2");
  const results = new Map<string, PartResult>();
  for (const part of chosen) {
    console.log(`${part.title}:`);
    const log = (line: string) => console.log(line);
    const result = await part.run({ workers, seed: values.seed ?? "campaign", sample, log });
    results.set(part.name, result);
    console.log(`${part.title}: ${result.tried} tried, ${result.broken.length} broken\n`);
  }
  if (sample === undefined) {
    const before = await readFile(DOCUMENT, "utf8").catch(() => "");
    await writeFile(DOCUMENT, campaignDocument(before, PARTS, results));
    console.log("Written: docs/campaign.md");
  }
  return [...results.values()].every(({ tried, broken }) => tried > 0 && broken.length === 0) ? 0 : 1;
}

runCommand(main);
