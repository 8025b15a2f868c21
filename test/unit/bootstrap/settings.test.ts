import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { cacheFolder, readArguments, readWay, ways } from "../../../scripts/bootstrap/settings.mjs";
import { sourcesOf } from "../../../scripts/bootstrap/tools/find.mjs";
import { repository } from "./fakes.js";

describe("HOMELAB_TOOLCHAIN", () => {
  it("is auto when it is not set, or empty", () => {
    expect([readWay(undefined), readWay(""), readWay(" ")]).toEqual(["auto", "auto", "auto"]);
  });

  it("takes each of its ways", () => {
    expect(ways.map((way) => readWay(way))).toEqual(["auto", "path", "download", "build"]);
  });

  it("is refused with what is allowed", () => {
    expect(() => readWay("Build")).toThrow(
      'HOMELAB_TOOLCHAIN is "Build"; allowed are auto, path, download, build.',
    );
  });

  it("asks for the network only when nothing installed or cached will do", () => {
    expect(sourcesOf("auto")).toEqual(["path", "cached download", "cached build", "download", "build"]);
  });

  it("never downloads when it says build, and never builds when it says download", () => {
    expect(sourcesOf("build")).toEqual(["cached build", "build"]);
    expect(sourcesOf("download")).toEqual(["cached download", "download"]);
    expect(sourcesOf("path")).toEqual(["path"]);
  });
});

describe("the cache folder", () => {
  const home = path.resolve("/home/ada");

  it("is HOMELAB_CACHE when that is set, from wherever it is relative to", () => {
    expect(cacheFolder({ HOMELAB_CACHE: "here", XDG_CACHE_HOME: "/x" }, home, "linux")).toBe(
      path.resolve("here"),
    );
  });

  it("is in XDG_CACHE_HOME, which counts only when it is absolute", () => {
    expect(cacheFolder({ XDG_CACHE_HOME: "/x" }, home, "darwin")).toBe("/x/talos-homelab");
    expect(cacheFolder({ XDG_CACHE_HOME: "x" }, home, "linux")).toBe("/home/ada/.cache/talos-homelab");
  });

  it("is where each system keeps such things", () => {
    expect(cacheFolder({}, home, "linux")).toBe("/home/ada/.cache/talos-homelab");
    expect(cacheFolder({}, home, "darwin")).toBe("/home/ada/Library/Caches/talos-homelab");
    expect(cacheFolder({ LOCALAPPDATA: "/local" }, home, "win32")).toBe("/local/talos-homelab");
  });
});

describe("the arguments", () => {
  it("are three flags", () => {
    const none = { quiet: false, talosctl: false, packages: false };
    expect(readArguments([])).toEqual(none);
    expect(readArguments(["--quiet"])).toEqual({ ...none, quiet: true });
    expect(readArguments(["--talosctl", "--quiet"])).toEqual({ ...none, quiet: true, talosctl: true });
    expect(readArguments(["--packages"])).toEqual({ ...none, packages: true });
    expect(() => readArguments(["--silent"])).toThrow('bootstrap does not know "--silent"');
  });
});

describe("every npm script for people", () => {
  const { scripts } = JSON.parse(readFileSync(path.join(repository, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const bootstrapOf = (name: string) =>
    /^node scripts\/bootstrap\.mjs(.*?)(?: &&|$)/.exec(scripts[name]!)?.[1];
  // Parts of others are named after them.
  const whole = Object.keys(scripts).filter((name) => !name.includes(":"));

  it.each(whole)("%s: sees to what it needs first, so that it works in a fresh clone", (name) => {
    expect(bootstrapOf(name)).toBeDefined();
  });

  it.each(["rehearse", "test", "campaign"])("%s: upgrades nodes, and so needs talosctl", (name) => {
    expect(bootstrapOf(name)).toContain("--talosctl");
  });

  it.each(["check", "format", "generate"])("%s: needs the packages alone", (name) => {
    expect(bootstrapOf(name)).toContain("--packages");
  });
});
