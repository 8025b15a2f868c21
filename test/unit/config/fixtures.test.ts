import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readDraft } from "../../../src/config/draft.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { formatProblem } from "../../../src/config/problem.ts";
import { RULES } from "../../../src/config/rules/index.ts";
import { check, readFixtures } from "./fixtures.ts";

const invalid = readFixtures("invalid");
const valid = readFixtures("valid");

describe("rejected configurations", () => {
  it.each(invalid.map((fixture) => [fixture.name, fixture] as const))("%s", (_name, fixture) => {
    const lines = check(fixture).problems?.map(formatProblem);
    expect(lines).toEqual(fixture.expected);
    for (const line of lines ?? []) expect(line).toMatch(/^[\x20-\x7e…]+$/);
  });

  it("has a fixture for every rule, and that rule is what rejects it", () => {
    const silent = RULES.filter((rule) => {
      const fixture = invalid.find(({ name }) => name === rule.id);
      return fixture === undefined || rule.check(draftOf(fixture.config)).length === 0;
    });
    expect(silent.map((rule) => rule.id)).toEqual([]);
  });

  it("has no fixture of a rule that is gone", () => {
    const families = [...RULES.map((rule) => rule.id), "shape", "token"];
    const strays = invalid.filter(({ name }) => !families.includes(name.split(".")[0] ?? ""));
    expect(strays.map(({ name }) => name)).toEqual([]);
  });

  it("gives every rule an id of its own", () => {
    expect(new Set(RULES.map((rule) => rule.id)).size).toBe(RULES.length);
  });
});

describe("accepted configurations", () => {
  it.each(valid.map((fixture) => [fixture.name, fixture] as const))("%s", (_name, fixture) => {
    const checked = check(fixture);
    expect(checked.problems?.map(formatProblem)).toBeUndefined();
    expect("config" in checked && checked.config).toMatchObject(fixture.expected as object);
  });

  it("breaks no rule", () => {
    for (const fixture of valid) {
      const broken = RULES.filter((rule) => rule.check(draftOf(fixture.config)).length > 0);
      expect(broken.map((rule) => rule.id)).toEqual([]);
    }
  });

  it("includes the environments that are shipped", () => {
    const root = new URL("../../../", import.meta.url);
    for (const file of ["Pulumi.lab.yaml", "Pulumi.rack.yaml"]) {
      const { config } = parse(readFileSync(new URL(file, root), "utf8")) as {
        config: Record<string, unknown>;
      };
      expect(parseConfig(config).problems?.map(formatProblem)).toBeUndefined();
    }
  });
});

function draftOf(config: Record<string, unknown>): ReturnType<typeof readDraft> {
  const keys = Object.entries(config).map(([key, value]) => [key.replace("homelab:", ""), value]);
  return readDraft(Object.fromEntries(keys) as Record<string, unknown>, []);
}
