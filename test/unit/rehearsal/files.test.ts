import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { foreseen } from "../../../rehearsal/cli/command.ts";
import { writeJson } from "../../../rehearsal/files.ts";
import { UserError } from "../../../rehearsal/user-error.ts";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "files-"))));
afterEach(() => rmSync(folder, { recursive: true }));

test.skipIf(process.platform !== "linux")(
  "a full disk is told in a sentence, and the file stays as it was",
  async () => {
    const file = join(folder, "world.json");
    writeFileSync(file, "before");
    symlinkSync("/dev/full", `${file}.${process.pid}.tmp`);
    const writing = writeJson(file, { x: 1 });
    await expect(writing).rejects.toThrow(UserError);
    await expect(writing).rejects.toThrow(`Cannot write ${file}: ENOSPC: no space left on device, write`);
    expect(readFileSync(file, "utf8")).toBe("before");
    expect(readdirSync(folder)).toEqual(["world.json"]);
  },
);

test("what the system says is a message, a bug shows where it is", () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), {
    code: "ENOSPC",
    syscall: "write",
  });
  expect(foreseen(full)).toBe(full.message);
  expect(foreseen(new UserError("words"))).toBe("words");
  expect(foreseen(new TypeError("x is not a function"))).toBeUndefined();
  expect(foreseen(undefined)).toBeUndefined();
});
