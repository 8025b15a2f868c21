import { describe, expect, test } from "vitest";
import { changeOfImage, sameVersion, talosctlSkew } from "../../../../src/talos/upgrade/target.ts";
import { target } from "./support/step.ts";

describe("talosctl", () => {
  test("may be a minor version away from what runs and from what is wanted", () => {
    expect(talosctlSkew("v1.12.0", ["v1.11.3", "v1.12.1", "v1.13.0"])).toBeUndefined();
  });

  test("may not be further away from either", () => {
    expect(talosctlSkew("v1.13.0", ["v1.11.3", "v1.12.1", "v1.11.3"])).toBe(
      "it is v1.13.0, more than one minor version away from v1.11.3",
    );
    expect(talosctlSkew("v2.0.0", ["v1.12.1"])).toBe(
      "it is v2.0.0, more than one minor version away from v1.12.1",
    );
  });
});

test("a pre-release is another version than its release", () => {
  expect(sameVersion("v1.12.0", "v1.12.0")).toBe(true);
  expect(sameVersion("v1.12.0-beta.1", "v1.12.0")).toBe(false);
  expect(sameVersion("v1.12.10", "v1.12.1")).toBe(false);
});

describe("what changes on a node", () => {
  test("version and extensions, each named", () => {
    const before = target("cp-1", { talosVersion: "v1.12.0", extensions: ["siderolabs/a", "siderolabs/b"] });
    const after = target("cp-1", { extensions: ["siderolabs/b", "siderolabs/c"] });
    expect(changeOfImage(before, after)).toBe("Talos v1.12.0 -> v1.12.1, + siderolabs/c, - siderolabs/a");
  });

  test("the installer alone, as when the factory changes", () => {
    expect(changeOfImage(target("cp-1"), target("cp-1", { installerImage: "elsewhere:v1.12.1" }))).toBe(
      "Talos v1.12.1, installer elsewhere:v1.12.1",
    );
  });

  test("nothing", () => {
    expect(changeOfImage(target("cp-1"), target("cp-1"))).toBeUndefined();
  });
});
