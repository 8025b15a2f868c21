/** A sample of the fault campaign, and that what it published covers every operation there is. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { campaign } from "../../../rehearsal/faults/crew.ts";
import { listedOperations } from "../../../rehearsal/faults/document.ts";
import { allCases, caseName, sample } from "../../../rehearsal/faults/plan.ts";
import { SCENARIOS } from "../../../rehearsal/faults/scenario.ts";
import { REPOSITORY } from "../../../rehearsal/paths.ts";

const SEED = process.env["FAULTS_SEED"] ?? "sample";
const COUNT = 10;

test(`${COUNT} faults out of all, seed "${SEED}", converge with no invariant broken`, async () => {
  const { operations, results } = await campaign({
    // Each of them would first make all undisturbed runs for itself, and other tests run beside this one.
    workers: 1,
    scenarios: [...SCENARIOS],
    choose: (found) => sample(allCases(found), COUNT, SEED),
  });
  const broken = results.filter(({ outcome }) => outcome === "broken");
  expect(broken.map((each) => `${caseName(each)}: ${each.problems.join("; ")}`)).toEqual([]);
  expect(results.filter(({ injected }) => injected)).toHaveLength(COUNT);

  const document = await readFile(join(REPOSITORY, "docs", "reliability.md"), "utf8");
  const published = listedOperations(document);
  const found = SCENARIOS.flatMap((scenario) =>
    (operations[scenario] ?? []).map(({ key }) => `${scenario} ${key}`),
  );
  expect(found.sort(), "docs/reliability.md is out of date: run `npm run faults`").toEqual(published);
});
