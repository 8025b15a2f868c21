import fc from "fast-check";
import { expect, test } from "vitest";
import { jobName } from "../../../src/longhorn/job-name.ts";

test("is purpose and node while that fits a label", () => {
  expect(jobName("data-volume", "worker-1")).toBe("data-volume-worker-1");
  expect(jobName("data-volume", "n".repeat(51))).toBe(`data-volume-${"n".repeat(51)}`);
});

test("is cut, and another one for each node, where it would not", () => {
  const long = (last: string) => `${"n".repeat(61)}${last}`;
  expect(jobName("evacuated", long("1"))).toMatch(/^evacuated-n+-[0-9a-f]{8}$/);
  expect(jobName("evacuated", long("1"))).not.toBe(jobName("evacuated", long("2")));
});

test("is always a label", () => {
  const node = fc.stringMatching(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/);
  fc.assert(
    fc.property(node, (name) => {
      expect(jobName("data-volume", name)).toMatch(/^(?=.{1,63}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/);
    }),
  );
});
