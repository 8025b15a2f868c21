/** Every single key of the schema, by itself: it is looked at, and its mistakes are told at its own path. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseConfig } from "../../../src/config/parse.ts";
import { unwrap } from "../../../src/config/read.ts";
import { configSchema } from "../../../src/config/schema.ts";
import { readFixtures } from "./fixtures.ts";

type Step = string | number;

const full = readFixtures("valid").find(({ name }) => name === "everything-said")?.config ?? {};

interface Leaf {
  steps: Step[];
  path: string;
}

function leavesOf(schema: z.ZodType, steps: Step[], path: string): Leaf[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) {
    const fields = Object.entries<z.ZodType>(inner.shape);
    return fields.flatMap(([key, field]) => leavesOf(field, [...steps, key], `${path}.${key}`));
  }
  if (inner instanceof z.ZodArray) return leavesOf(inner.element as z.ZodType, [...steps, 0], `${path}[0]`);
  return [{ steps, path }];
}

const leaves = Object.entries(configSchema.shape).flatMap(([key, schema]) =>
  leavesOf(schema, [`homelab:${key}`], `homelab:${key}`),
);

function withValue(steps: Step[], value: unknown): Record<string, unknown> {
  const config = structuredClone(full);
  let container = config as Record<Step, unknown>;
  for (const step of steps.slice(0, -1)) container = container[step] as Record<Step, unknown>;
  expect(container).toHaveProperty([String(steps.at(-1))]);
  container[steps.at(-1) ?? ""] = value;
  return config;
}

function pathsOf(config: Record<string, unknown>): string[] {
  return (parseConfig(config).problems ?? []).map((problem) => problem.path);
}

describe("every key", () => {
  it("is in the fixture that says everything", () => {
    expect(pathsOf(full)).toEqual([]);
    expect(leaves.length).toBeGreaterThan(35);
  });

  it.each(leaves.map((leaf) => [leaf.path, leaf] as const))(
    "%s refuses other kinds of values",
    (path, { steps }) => {
      for (const wrong of [{}, [], null, [1], -1.5, "\u0007 no such value"]) {
        expect(pathsOf(withValue(steps, wrong))).toEqual([path]);
      }
    },
  );
});
