import { describe, expect, test } from "vitest";
import {
  changeOfImage,
  sameVersion,
  talosctlSkew,
  unsupportedKubernetesJump,
  unsupportedTalosJump,
} from "../../../../src/talos/upgrade/target.ts";
import { target } from "./support/step.ts";

describe("jumps of Talos", () => {
  test.each([
    ["v1.12.0", "v1.12.1"],
    ["v1.12.3", "v1.12.0"],
    ["v1.11.5", "v1.12.0"],
    ["v1.12.0", "v1.12.0"],
    ["v1.12.0-beta.1", "v1.12.0"],
  ])("%s -> %s is supported", (from, to) => {
    expect(unsupportedTalosJump(from, to)).toBeUndefined();
  });

  test.each([
    ["v1.10.9", "v1.12.0", "Talos v1.10.9 cannot become v1.12.0 in one step: go to the newest v1.11 first"],
    ["v1.12.0", "v1.11.6", "Talos v1.12.0 cannot go back to v1.11.6: only patch versions may go down"],
    ["v1.12.0", "v2.0.0", "Talos v1.12.0 cannot become v2.0.0: another major version"],
  ])("%s -> %s is not", (from, to, why) => {
    expect(unsupportedTalosJump(from, to)).toBe(why);
  });
});

describe("jumps of Kubernetes", () => {
  test.each([
    ["1.34.2", "1.35.0", undefined],
    ["1.35.2", "1.35.0", undefined],
    ["1.33.0", "1.35.0", "Kubernetes 1.33.0 cannot become 1.35.0 in one step: go to the newest 1.34 first"],
    ["1.35.0", "1.34.9", "Kubernetes 1.35.0 cannot go back to 1.34.9: only patch versions may go down"],
    ["1.35.0", "2.0.0", "Kubernetes 1.35.0 cannot become 2.0.0: another major version"],
  ])("%s -> %s: %j", (from, to, why) => {
    expect(unsupportedKubernetesJump(from, to)).toBe(why);
  });
});

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
      "installer elsewhere:v1.12.1",
    );
  });

  test("nothing", () => {
    expect(changeOfImage(target("cp-1"), target("cp-1"))).toBeUndefined();
  });
});
