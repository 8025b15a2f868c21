import path from "node:path";
import { describe, expect, it } from "vitest";
import {
  cacheFolder,
  cliSources,
  readArguments,
  readWay,
  ways,
} from "../../../scripts/bootstrap/settings.mjs";

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
    expect(cliSources("auto")).toEqual(["path", "cached download", "cached build", "download", "build"]);
  });

  it("never downloads when it says build, and never builds when it says download", () => {
    expect(cliSources("build")).toEqual(["cached build", "build"]);
    expect(cliSources("download")).toEqual(["cached download", "download"]);
    expect(cliSources("path")).toEqual(["path"]);
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
  it("are two flags", () => {
    expect(readArguments([])).toEqual({ quiet: false, talosctl: false });
    expect(readArguments(["--quiet"])).toEqual({ quiet: true, talosctl: false });
    expect(readArguments(["--talosctl", "--quiet"])).toEqual({ quiet: true, talosctl: true });
    expect(() => readArguments(["--silent"])).toThrow('bootstrap does not know "--silent"');
  });
});
