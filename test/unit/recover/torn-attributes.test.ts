/** Where a stack's file lies in a file backend, however its address is said; and that nobody else's file is touched. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { stateFileOf } from "../../../scripts/recover/state-file.ts";
import { removeTornAttributes } from "../../../scripts/recover/torn-attributes.ts";

const below = (folder: string) => join(folder, ".pulumi", "stacks", "homelab", "lab.json");

test.each([
  ["file://~", below(homedir())],
  ["file://~/states", below(join(homedir(), "states"))],
  ["file://./states", below(resolve("/work/dir", "states"))],
  ["file://states", below(resolve("/work/dir", "states"))],
  ["file:///var/states", below("/var/states")],
  ["file:///var/my%20states?no_tmp_dir=true", below("/var/my states")],
  ["file:///var/100%", below("/var/100%")],
  ["s3://bucket?region=eu", undefined],
  ["https://api.pulumi.com/me", undefined],
  [undefined, undefined],
])("%s", (url, file) => {
  expect(stateFileOf(url, { project: "homelab", stackName: "lab", workDir: "/work/dir" })).toBe(file);
});

test("only a cut-off file of this stack goes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "attributes-"));
  try {
    const state = join(folder, "lab.json");
    await mkdir(folder, { recursive: true });
    for (const name of ["lab.json", "lab.json.attrs", "other.json.attrs", "lab.json.bak.attrs"])
      await writeFile(join(folder, name), "");
    await removeTornAttributes(state);
    expect((await readdir(folder)).sort()).toEqual(["lab.json", "lab.json.bak.attrs", "other.json.attrs"]);
    await writeFile(`${state}.attrs`, '{"user.content_type":"application/json","md5":"x"}');
    await removeTornAttributes(state);
    expect(await readdir(folder)).toContain("lab.json.attrs");
  } finally {
    await rm(folder, { recursive: true });
  }
});
