/** Which entries may go: those of nodes that retired under this very life of their name, and still do not once it begins another. */
import { describe, expect, test } from "vitest";
import type { Existing } from "../../../src/plan/existing.ts";
import { isRetired, lifeOf, listRetired } from "../../../src/plan/retired.ts";
import { labWith } from "./fixtures.ts";

type Past = Pick<Existing, "kept" | "retired">;
const WORKER = { name: "worker-1" };
const NEVER: Past = { kept: [], retired: [] };
const RETIRED: Past = { kept: [WORKER], retired: [{ name: "worker-1", life: 0 }] };
/** Its record went, and what was said of it stays. */
const GONE: Past = { kept: [], retired: RETIRED.retired };
/** Another of that name has joined; the run that brought it did not come to its end. */
const AGAIN: Past = { kept: [{ ...WORKER, life: 1 }], retired: RETIRED.retired };

describe("a life", () => {
  test.each<[string, Past, number]>([
    ["of a first node", NEVER, 0],
    ["of one that retires", RETIRED, 0],
    ["of the next under that name", GONE, 1],
    ["of that one, once its record is there", AGAIN, 1],
    ["of a third", { kept: [], retired: [{ name: "worker-1", life: 1 }] }, 2],
  ])("%s", (_name, past, life) => {
    expect(lifeOf(past, "worker-1")).toBe(life);
  });
});

test.each<[string, Past, boolean]>([
  ["that never retired", { kept: [WORKER], retired: [] }, false],
  ["that did", RETIRED, true],
  ["whose name a retired one had", AGAIN, false],
])("a node %s", (_name, past, expected) => {
  expect(isRetired(past, "worker-1")).toBe(expected);
});

describe("what a run says at its end", () => {
  const after = (past: Past, ...overlays: string[]) => listRetired(past, labWith(overlays).nodes);
  const leaving = "nodes[1].retiring=true";

  test("names those that retire", () => {
    expect(after({ kept: [WORKER], retired: [] }, leaving)).toEqual([{ name: "worker-1", life: 0 }]);
    expect(after(AGAIN, leaving)).toEqual([{ name: "worker-1", life: 1 }]);
  });

  test("keeps those without an entry, so that a run that failed while their machines went can be repeated", () => {
    const gone = { name: "worker-9", life: 2 };
    expect(after({ kept: [{ name: "worker-9", life: 2 }], retired: [gone] })).toEqual([gone]);
    expect(after({ kept: [], retired: [gone] })).toEqual([gone]);
  });

  test("takes back what was said of one that stays after all, or is another", () => {
    expect(after(RETIRED)).toEqual([]);
    expect(after(AGAIN)).toEqual([]);
  });
});
