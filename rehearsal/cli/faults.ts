/** Entry of `npm run faults`: the whole campaign, or a part of it. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OPTIONS, parseOptions, positive } from "../campaign/options.ts";
import { runCommand } from "./command.ts";
import { campaign } from "../faults/crew.ts";
import { amend, document, listedOperations, resultTable } from "../faults/document.ts";
import { allCases, caseName, sample } from "../faults/plan.ts";
import { SCENARIOS } from "../faults/scenario.ts";
import { REPOSITORY } from "../paths.ts";
import { duration } from "../report.ts";

const DOCUMENT = join(REPOSITORY, "docs", "reliability.md");

const USAGE = `Usage: npm run faults [-- options]

      --only <text>     only faults whose name contains the text, e.g. "up: kill at talos"; the document is left alone
      --new            only faults at operations that the document does not list; they are added to it
      --sample <n>      only so many, chosen by --seed; the document is left alone
      --seed <text>     default "faults"
      --workers <n>     cases at a time (default 2)
  -h, --help            this text

Tries every fault at every operation of every run (up, a change, a node added, retired and removed, an upgrade, destroy), and writes
docs/reliability.md.`;

async function main(argv: string[]): Promise<number> {
  const { values } = parseOptions(
    { args: argv, options: { ...OPTIONS, only: { type: "string" }, new: { type: "boolean" } } },
    USAGE,
  );
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const { only, seed = "faults" } = values;
  const count = values.sample === undefined ? undefined : positive("--sample", values.sample);
  const scenarios = SCENARIOS.filter(
    (name) => only === undefined || !/^\w+:/.test(only) || only.startsWith(`${name}:`),
  );
  const published = await readFile(DOCUMENT, "utf8");
  const listed = new Set(listedOperations(published));
  console.log("Undisturbed runs first, to compare with and to learn every operation ...");
  const done = await campaign({
    workers: positive("--workers", values.workers ?? "2"),
    scenarios: scenarios.length > 0 ? scenarios : [...SCENARIOS],
    choose: (operations) => {
      const all = allCases(operations).filter(
        (each) =>
          (only === undefined || caseName(each).includes(only)) &&
          (values.new !== true || !listed.has(`${each.scenario} ${each.fault.at}`)),
      );
      return count === undefined ? all : sample(all, count, seed);
    },
    onResult: (result, number, of) => {
      const { outcome, problems, seconds, recovery, needed } = result;
      console.log(
        `${String(number).padStart(4)}/${of} ${outcome.padEnd(9)} ${caseName(result)} (${seconds.toFixed(1)} s)`,
      );
      if (needed) console.log(`          needed recover: ${needed.slice(0, 500)}`);
      if (outcome === "broken")
        for (const line of [...recovery, ...problems]) console.log(`          ! ${line.slice(0, 700)}`);
    },
  });
  const broken = done.results.filter(({ outcome }) => outcome === "broken");
  console.log(`\n${resultTable(done.results)}\n`);
  console.log(
    `${done.results.length} faults injected, ${done.results.length - broken.length} converged, ${broken.length} broken, ` +
      `in ${duration(Math.round(done.seconds))}`,
  );
  if (only === undefined && count === undefined) {
    await writeFile(DOCUMENT, values.new === true ? amend(published, done) : document(done));
    console.log("Written: docs/reliability.md");
  }
  return broken.length === 0 && done.results.length > 0 ? 0 : 1;
}

runCommand(main);
