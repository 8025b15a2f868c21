import { expect, test } from "vitest";
import type { Evidence } from "../../../rehearsal/checks/check.ts";
import { secondPreviewEmpty } from "../../../rehearsal/checks/program/second-preview.ts";
import type { SecondPreview } from "../../../rehearsal/engine/second-preview.ts";

const empty = (refreshed: boolean): SecondPreview => ({ refreshed, operations: [], outputs: [], errors: [] });
const judge = (secondPreviews?: SecondPreview[], touchedByPreviews: string[] = []) =>
  secondPreviewEmpty({ secondPreviews, touchedByPreviews } as unknown as Evidence);
const operation = { op: "update", urn: "u", type: "t", name: "a-vm", start: 0, ok: true, dependencies: [] };

test("says nothing of an up that failed", () => {
  expect(judge()).toBeUndefined();
});

test("holds when neither has anything to do", () => {
  expect(judge([empty(false), empty(true)])).toEqual({
    id: "second-preview",
    ok: true,
    detail: "a second preview has nothing to do, with a refresh before it and without",
  });
});

test.each<[Partial<SecondPreview>, string]>([
  [{ operations: [{ ...operation, diffs: ["tags", "name"] }] }, "would update a-vm (tags, name)"],
  [{ operations: [operation] }, "would update a-vm"],
  [{ outputs: ["kubeconfig"] }, "would change the outputs kubeconfig"],
  [{ errors: ["no host"] }, "fails: no host"],
])("%j", (found, words) => {
  expect(judge([{ ...empty(false), ...found }, empty(true)])).toMatchObject({
    ok: false,
    detail: `a second preview ${words}`,
  });
  expect(judge([empty(false), { ...empty(true), ...found }])).toMatchObject({
    ok: false,
    detail: `a second preview after a refresh ${words}`,
  });
});

test("a preview that acts is told", () => {
  expect(judge([empty(false), empty(true)], ["VM 126 was started"])).toMatchObject({
    ok: false,
    detail: "a preview did something: VM 126 was started",
  });
});
