import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { environments, goldenEnvironments, goldenFile, goldenPlan } from "./support/golden-plan.ts";
import { SECRET_TEXTS } from "./support/mock-answers.ts";

test("every environment that is shipped has a golden plan, and no plan is left of one that is gone", () => {
  expect(goldenEnvironments()).toEqual(expect.arrayContaining(["lab", "rack"]));
  expect(environments()).toEqual(expect.arrayContaining(goldenEnvironments()));
});

describe.each(goldenEnvironments())("the golden plan of %s", (environment) => {
  test("is what the program registers now; `npm run generate` writes it anew, for the review to see", async () => {
    const plan = await goldenPlan(environment);
    const file = goldenFile(environment);
    expect(plan).toBe(existsSync(file) ? readFileSync(file, "utf8") : "");
  });

  test("comes out the same a second time, and holds no secret", async () => {
    const plan = await goldenPlan(environment);
    expect(await goldenPlan(environment)).toBe(plan);
    for (const text of Object.values(SECRET_TEXTS)) expect(plan).not.toContain(text);
    expect(plan).toContain("[secret]");
  });
});
