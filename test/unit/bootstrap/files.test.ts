import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import {
  findOnPath,
  readJson,
  sourceKey,
  spoken,
  stamp,
  writeJson,
} from "../../../scripts/bootstrap/files.mjs";
import { scratch, script } from "./fakes.js";

describe("the key of a source folder", () => {
  const folder = () => {
    const made = scratch();
    writeFileSync(path.join(made, "go.mod"), "module x");
    writeFileSync(path.join(made, "main.go"), "package main");
    return made;
  };

  it("is the same for the same sources, wherever they are", () => {
    expect(sourceKey(folder())).toBe(sourceKey(folder()));
  });

  it("does not depend on tests and documents", () => {
    const made = folder();
    const before = sourceKey(made);
    writeFileSync(path.join(made, "main_test.go"), "package main");
    writeFileSync(path.join(made, "README.md"), "words");
    expect(sourceKey(made)).toBe(before);
  });

  it.each(["go.mod", "go.sum", "main.go", "other.go"])("changes with %s", (name) => {
    const made = folder();
    const before = sourceKey(made);
    writeFileSync(path.join(made, name), "changed");
    expect(sourceKey(made)).not.toBe(before);
  });

  it("changes with how it is built", () => {
    const made = folder();
    expect(sourceKey(made, "-X version=1")).not.toBe(sourceKey(made, "-X version=2"));
  });
});

describe("programs on PATH", () => {
  it("are found in order, if they can be run, and not among npm packages", () => {
    const folder = scratch();
    script(path.join(folder, "node_modules/.bin/tool"));
    mkdirSync(path.join(folder, "a/tool"), { recursive: true });
    mkdirSync(path.join(folder, "b"));
    writeFileSync(path.join(folder, "b/tool"), "not executable", { mode: 0o644 });
    const found = script(path.join(folder, "c/tool"));
    const PATH = ["node_modules/.bin", "missing", "a", "b", "c"]
      .map((name) => path.join(folder, name))
      .join(":");
    expect(findOnPath("tool", { PATH })).toBe(found);
    expect(findOnPath("tool", { PATH: "" })).toBeUndefined();
    expect(findOnPath("tool", {})).toBeUndefined();
  });
});

it("tells a changed file by its stamp, and a missing one by none", () => {
  const file = path.join(scratch(), "file");
  expect(stamp(file)).toBeUndefined();
  writeFileSync(file, "one");
  const before = stamp(file);
  writeFileSync(file, "three");
  expect(stamp(file)).not.toBe(before);
});

it("writes JSON whole, makes its folder, and reads what is no JSON as nothing", () => {
  const file = path.join(scratch(), "a", "b.json");
  writeJson(file, { a: 1 });
  expect(readJson(file)).toEqual({ a: 1 });
  expect(readFileSync(file, "utf8")).toMatch(/\n$/);
  writeFileSync(file, '{"a":');
  expect(readJson(file)).toBeUndefined();
});

it("speaks of times as people do", () => {
  expect([400, 59_400, 60_000, 176_600].map(spoken)).toEqual(["0 s", "59 s", "1 min 0 s", "2 min 57 s"]);
});
