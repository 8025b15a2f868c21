/**
 * Programs that are wrong in one way each. The world must catch every one of them by what it does, and name the cause:
 * a rehearsal that a wrong program passes proves nothing. Their right twins must pass.
 *
 * Of each kind a few, picked by a seed; all of them with CAMPAIGN=all, as the campaign does.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { REPOSITORY } from "../../../rehearsal/paths.ts";
import { bench, causes, edited, mutatedIn, runningBench, STACK, type Bench } from "../support/rehearse.ts";
import type { Mutant, Twin } from "./mutant.ts";

const ALL = process.env["CAMPAIGN"] === "all";
const SEED = process.env["CAMPAIGN_SEED"] ?? "sample";

let current: Bench | undefined;

/**
 * Declares the tests of one kind.
 *
 * @param sample How many of each a sample has. Default: one mutant, and a twin of about every third kind.
 */
export function tryAll(
  kind: string,
  mutants: Mutant[],
  twins: Twin[],
  sample: { mutants?: number; twins?: number } = {},
): void {
  afterEach(async () => {
    await current?.remove();
    current = undefined;
  });

  test("every change of the program's text finds its place", async () => {
    for (const { what, edits = [] } of [...mutants, ...twins]) {
      for (const { file, from } of edits) {
        expect(await readFile(join(REPOSITORY, file), "utf8"), what).toContain(from);
      }
    }
  });

  const rank = ({ what }: Twin) => createHash("sha256").update(`${SEED} ${kind} ${what}`).digest("hex");
  const ranked = <T extends Twin>(all: T[]) => [...all].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));

  test.each(ALL ? mutants : ranked(mutants).slice(0, sample.mutants ?? 1))(
    "catches: $what",
    async (mutant) => {
      // Of most the world tells, not the plan: a preview before would only take its time.
      const report = await rehearse({ previews: "none", ...mutant });
      expect(report.ok).toBe(false);
      expect(causes(report)).toMatch(mutant.cause);
    },
  );

  const third = (twin: Twin) => Number.parseInt(rank(twin).slice(-2), 16) % 3 === 0;
  const sampled =
    sample.twins === undefined ? ranked(twins).slice(0, 1).filter(third) : twins.slice(0, sample.twins);
  test.each(ALL ? twins : sampled)("passes: $what", async (twin) => {
    const { checks, ...report } = await rehearse(twin);
    // What passes through a transform loses its mark of secret outputs (pulumi sdk: runtime/callbacks), so that check is of no use here.
    const marked = (twin.mutations ?? []).every(({ type }) => type === STACK);
    const judged = checks.filter(({ id }) => marked || id !== "secrets");
    expect(causes({ ...report, checks: judged })).toBe("");
  });
}

async function rehearse({
  mutations = [],
  edits = [],
  after,
  overlays = [],
  stack = "lab",
  timeScale,
  previews,
  command = "up",
}: Twin) {
  const first = { overlays: after?.overlays ?? [], inhabited: true };
  const lived = (current = await (after
    ? runningBench({ stack, ...first }, previews)
    : bench(stack, previews)));
  if (after?.then) {
    const { then } = after;
    await lived.during(first, ({ world }) => (then(world), world.commit()));
  }
  const project = edits.length > 0 ? await edited(lived.root, edits) : REPOSITORY;
  const program = await mutatedIn(project, mutations);
  const report = await lived.run("up", { overlays, program, ...(timeScale && { timeScale }) });
  if (command === "up") return report;
  expect(causes(report)).toBe("");
  return lived.run(command, { overlays: [...overlays, "protect=false"], program });
}
