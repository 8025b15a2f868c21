/** The scripts, run by a shell with a wget that answers as Longhorn does. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copiesWholeScript, evacuatedScript } from "../../../src/longhorn/copies-check.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "copies-"));
  const program = (name: string, text: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  program("wget", '[ -n "$ANSWER" ] || exit 1; printf %s "$ANSWER"');
  program("sleep", ":");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(script: string, answer: string): { code: number; stderr: string } {
  try {
    execFileSync("sh", ["-c", script], {
      env: { PATH: `${folder}:${process.env["PATH"] ?? ""}`, ANSWER: answer },
      stdio: "pipe",
    });
    return { code: 0, stderr: "" };
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: Buffer };
    return { code: status, stderr: stderr.toString() };
  }
}

const volumes = (...robustness: string[]) =>
  JSON.stringify({
    type: "collection",
    data: robustness.map((each, index) => ({ name: `v${index}`, robustness: each })),
  });

describe("every copy is whole", () => {
  test.each([
    ["no volume", volumes()],
    ["healthy and detached ones", volumes("healthy", "unknown")],
  ])("with %s", (_, answer) => {
    expect(run(copiesWholeScript(), answer)).toEqual({ code: 0, stderr: "" });
  });

  test.each([
    ["a degraded one", volumes("healthy", "degraded"), '1 "robustness":"degraded"'],
    ["a faulted one", volumes("faulted"), '1 "robustness":"faulted"'],
  ])("not with %s", (_, answer, told) => {
    const { code, stderr } = run(copiesWholeScript(), answer);
    expect(code).toBe(1);
    expect(stderr).toContain(told);
  });

  test("not when nobody answers, or something else does", () => {
    for (const answer of ["", "<html>", "{}"]) expect(run(copiesWholeScript(), answer).code).toBe(1);
  });
});

describe("a node is evacuated", () => {
  const node = (...copies: Record<string, number>[]) =>
    JSON.stringify({
      disks: Object.fromEntries(copies.map((each, index) => [`d${index}`, { scheduledReplica: each }])),
    });

  test("when none of its disks holds a copy", () => {
    expect(run(evacuatedScript("worker-1"), node({})).code).toBe(0);
    expect(run(evacuatedScript("worker-1"), node({}, {})).code).toBe(0);
  });

  test("not while one does, or when nobody answers", () => {
    expect(run(evacuatedScript("worker-1"), node({}, { "pvc-1-r-2": 1073741824 }))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("copies still on worker-1") as unknown,
    });
    for (const answer of ["", "{}"]) expect(run(evacuatedScript("worker-1"), answer).code).toBe(1);
  });
});
