/** Plans that are refused: the lab's own configuration, changed before and after, with the lines that refuse the step. */
import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { parseEnvironment, withOverlays } from "../../../rehearsal/environment.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { formatProblem } from "../../../src/config/problem.ts";
import type { HomelabConfig } from "../../../src/config/types.ts";

const ROOT = new URL("../../../", import.meta.url);
const FOLDER = new URL("test/fixtures/refused/", ROOT);

export interface RefusedPlan {
  /** File name without its ending. */
  name: string;
  /** `key=value` overlays of Pulumi.lab.yaml, as the rehearsal takes them. */
  before: string[];
  after: string[];
  expected: string[];
}

export function refusedPlans(): RefusedPlan[] {
  return readdirSync(FOLDER).map((file) => ({
    ...(parse(readFileSync(new URL(file, FOLDER), "utf8")) as Omit<RefusedPlan, "name">),
    name: file.replace(/\.yaml$/, ""),
  }));
}

export function labWith(overlays: string[]): HomelabConfig {
  const text = readFileSync(new URL("Pulumi.lab.yaml", ROOT), "utf8");
  const { plain } = withOverlays(parseEnvironment(text, "Pulumi.lab.yaml"), overlays);
  const parsed = parseConfig(plain);
  if (parsed.ok) return parsed.ok;
  throw new Error(parsed.problems.map(formatProblem).join("\n"));
}
