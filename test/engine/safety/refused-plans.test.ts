/** Plans that would cost data fail in the preview, by the real engine's own run of the guard, and touch nothing. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { refusedPlans } from "../../unit/plan/fixtures.ts";
import { type Bench, causes, runningBench } from "../support/rehearse.ts";

let lab: Bench;

beforeAll(async () => {
  lab = await runningBench();
});

afterAll(() => lab.remove());

// Under another name the engine may come first with its own refusal, of the deletions.
const plans = refusedPlans().filter(({ before, name }) => before.length === 0 && name !== "cluster-renamed");

test.each(plans.map((plan) => [plan.name, plan] as const))("%s", async (_name, { after, expected }) => {
  const report = await lab.run("preview", { overlays: after });
  expect(report.ok).toBe(false);
  const told = report.errors.join("\n");
  for (const line of expected) expect(told).toContain(line);
  expect(report.events).toEqual([]);
});

test("another cluster name is refused, whoever says it first", async () => {
  const report = await lab.run("preview", { overlays: ["cluster.name=home"] });
  expect(report.ok).toBe(false);
  expect(report.errors.join("\n")).toMatch(
    /homelab:cluster\.name: "lab" is now "home"|because it is protected/,
  );
  expect(report.events).toEqual([]);
});

test("a preview that was refused leaves the next one as it was", async () => {
  const report = await lab.run("preview");
  expect(causes(report)).toBe("");
  expect(Object.keys(report.changes)).toEqual(["same"]);
});

test("an `up` without a preview before it is refused as well, before any machine is touched", async () => {
  const report = await lab.run("up", { overlays: ["nodes[1].dataDisk.sizeGiB=30"] });
  expect(report.errors.join("\n")).toContain("homelab:nodes[1].dataDisk.sizeGiB: the data disk");
  expect(report.events).toEqual([]);
});
