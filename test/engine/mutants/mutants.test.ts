/**
 * Programs that are wrong in one way each. The world must catch every one of them by what it does, and name the cause:
 * a rehearsal that a wrong program passes proves nothing. Their right twins must pass.
 *
 * Those of the story, and one of each other kind, picked by a seed; all of them with MUTANTS=all.
 */
import { createHash } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { bench, causes, mutated, type Bench, type Mutation } from "../support/rehearse.ts";
import { LIMITS, LIMITS_TWINS } from "./limits.ts";
import { MACHINE, MACHINE_TWINS } from "./machine.ts";
import { TYPES, type Mutant, type Twin } from "./mutant.ts";
import { NETWORK, NETWORK_TWINS } from "./network.ts";
import { STORY } from "./story.ts";

const ALL = process.env["MUTANTS"] === "all";
const SEED = process.env["MUTANTS_SEED"] ?? "sample";

const KINDS: Record<string, { mutants: Mutant[]; twins: Twin[] }> = {
  machine: { mutants: MACHINE, twins: MACHINE_TWINS },
  network: { mutants: NETWORK, twins: NETWORK_TWINS },
  limits: { mutants: LIMITS, twins: LIMITS_TWINS },
};

function some<T extends { what: string }>(all: T[], kind: string): T[] {
  if (ALL || all.length === 0) return all;
  const pick = createHash("sha256").update(`${SEED} ${kind}`).digest().readUInt32BE(0);
  return [all[pick % all.length]!];
}

let current: Bench | undefined;
afterEach(async () => {
  await current?.remove();
  current = undefined;
});

async function rehearse({ mutations, overlays = [], stack = "lab" }: Twin) {
  current = await bench(stack);
  return current.run("up", { overlays, program: await mutated(...mutations) });
}

test("the program as it is passes, changed in nothing", async () => {
  const mutations: Mutation[] = [TYPES.release, TYPES.vm].map((type) => ({ type, change: () => undefined }));
  expect(causes(await rehearse({ what: "nothing", mutations }))).toBe("");
});

test.each(STORY)("catches: $what", async (mutant) => {
  const report = await rehearse(mutant);
  expect(report.ok).toBe(false);
  expect(causes(report)).toMatch(mutant.cause);
});

describe.each(Object.entries(KINDS))("%s", (kind, { mutants, twins }) => {
  test.each(some(mutants, kind))("catches: $what", async (mutant) => {
    const report = await rehearse(mutant);
    expect(report.ok).toBe(false);
    expect(causes(report)).toMatch(mutant.cause);
  });

  test.each(some(twins, kind))("passes: $what", async (twin) => {
    const { checks, ...report } = await rehearse(twin);
    // What passes through a transform loses its mark of secret outputs (pulumi sdk: runtime/callbacks), so that check is of no use here.
    expect(causes({ ...report, checks: checks.filter(({ id }) => id !== "secrets") })).toBe("");
  });
});
