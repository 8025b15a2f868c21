/** A disk that is full in the middle of an `up`: a message that names file and reason, a failing exit code, no stack trace. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { REPOSITORY } from "../../../rehearsal/paths.ts";

let root: string;
let mounted = false;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "rehearsal-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=120k", "none", root], { stdio: "ignore" });
    mounted = true;
  } catch {
    console.log("Skipped: a small disk can be made by root on Linux only.");
  }
});

afterEach(() => {
  if (mounted) execFileSync("umount", ["-l", root]);
  rmSync(root, { recursive: true });
});

test("is told in words", async ({ skip }) => {
  if (!mounted) skip();
  const program = `import { runCommand } from "./rehearsal/command.ts";
    import { openRehearsal } from "./rehearsal/session.ts";
    runCommand(async () => {
      const rehearsal = await openRehearsal({ stack: "lab", root: ${JSON.stringify(root)}, timeScale: 240 });
      try { return (await rehearsal.run("up")).report.ok ? 0 : 1; } finally { await rehearsal.close(); }
    });`;
  const args = ["--import", "tsx", "--input-type=module", "-e", program];
  const ended = await new Promise<{ code: number; stderr: string }>((resolve) => {
    execFile(process.execPath, args, { cwd: REPOSITORY }, (error, _, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stderr }),
    );
  });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/ENOSPC: no space left on device/);
  expect(ended.stderr).not.toMatch(/^\s+at /m);
});
