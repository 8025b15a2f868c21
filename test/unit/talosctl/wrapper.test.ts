import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeWrapper } from "../../../rehearsal/talosctl/wrapper.ts";

let folder: string;
let wrapper: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "it's a wrapper "));
  wrapper = join(folder, "bin", "talosctl");
});
afterAll(() => rm(folder, { recursive: true }));

function call(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(wrapper, words, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
}

test("everything goes to the real program, word by word, and its exit code comes back", async () => {
  const real = join(folder, "the real talosctl");
  await writeFile(real, '#!/bin/sh\nfor word in "$@"; do echo "<$word>"; done\nexit 7\n');
  await chmod(real, 0o755);
  await writeWrapper(wrapper, real);
  expect((await stat(wrapper)).mode & 0o777).toBe(0o755);
  expect(await call("-n", "10.0.0.1", "upgrade", "--image", "a b", "")).toEqual({
    code: 7,
    out: "<-n>\n<10.0.0.1>\n<upgrade>\n<--image>\n<a b>\n<>\n",
    err: "",
  });
});

test("upgrade-k8s goes to the stand-in, wherever among the words it is", async () => {
  const { code, out, err } = await call(
    "--talosconfig",
    join(folder, "none"),
    "upgrade-k8s",
    "--to",
    "1.35.0",
  );
  expect({ code, out, err }).toEqual({
    code: 1,
    out: "",
    err: "error constructing client: failed to determine endpoints\n",
  });
});

test("without the real program it says in one line what to do", async () => {
  await writeWrapper(wrapper, undefined);
  expect(await call("version")).toEqual({
    code: 1,
    out: "",
    err: "talosctl is not set up for rehearsals yet: run `node scripts/bootstrap.mjs --talosctl` first.\n",
  });
  expect((await call("upgrade-k8s", "--help")).out).toContain("--pre-pull-images");
});
