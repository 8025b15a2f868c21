/**
 * Writes the golden plans in test/golden: what each environment's stack file makes the program register. With --check
 * it writes nothing and fails if one is not current.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import {
  environments,
  goldenEnvironments,
  goldenFile,
  goldenPlan,
} from "../test/components/support/golden-plan.ts";

const check = process.argv.includes("--check");
let stale = 0;

for (const environment of environments()) {
  const file = goldenFile(environment);
  const plan = await goldenPlan(environment);
  if (existsSync(file) && readFileSync(file, "utf8") === plan) continue;
  stale += 1;
  console.log(`${check ? "not current:" : "written:"} test/golden/${environment}.yaml`);
  if (check) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, plan);
}

for (const gone of goldenEnvironments().filter((environment) => !environments().includes(environment))) {
  stale += 1;
  console.log(`${check ? "not current:" : "removed:"} test/golden/${gone}.yaml`);
  if (!check) rmSync(goldenFile(gone));
}

if (stale === 0) console.log("the golden plans are current");
if (check && stale > 0) process.exitCode = 1;
