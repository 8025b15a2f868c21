import { describe, expect, it } from "vitest";
import { imageExtensions, OFFICIAL_EXTENSIONS, REQUIRED_EXTENSIONS } from "../../../src/config/extensions.ts";
import { indexPath, keyPath, listWords, show } from "../../../src/config/problem.ts";
import { didYouMean, editDistance, suggest } from "../../../src/config/suggest.ts";
import {
  compareVersions,
  kubernetesSupported,
  minorSteps,
  TALOS_RELEASES,
  talosRelease,
} from "../../../src/config/versions.ts";

describe("did you mean", () => {
  it.each([
    ["vm_id", "vmId"],
    ["adress", "address"],
    ["nmae", "name"],
    ["DataDisk", "dataDisk"],
  ])("%s -> %s", (written, meant) => {
    expect(suggest(written, ["name", "vmId", "address", "dataDisk"])).toBe(meant);
  });

  it("says nothing for another word", () => {
    expect(suggest("colour", ["name", "vmId"])).toBeUndefined();
    expect(suggest("", ["name"])).toBeUndefined();
    expect(suggest("n".repeat(100_000), ["name"])).toBeUndefined();
    expect(didYouMean("colour", ["name"])).toBe("");
    expect(didYouMean("nam", ["name"])).toBe('; did you mean "name"?');
  });

  it("counts a swap of neighbours as one", () => {
    expect(editDistance("serail", "serial")).toBe(1);
    expect(editDistance("", "abc")).toBe(3);
    expect(editDistance("kitten", "sitting")).toBe(3);
  });
});

describe("values in messages", () => {
  it("stay on one line and short", () => {
    expect(show("a\nb")).toBe('"a\\nb"');
    expect(show("a\u2028b\u202ec\u007f")).toBe('"a\\u2028b\\u202ec\\u007f"');
    expect(show("x".repeat(100))).toBe(`"${"x".repeat(60)}…"`);
    expect([show([]), show([1]), show({}), show(null), show(1.5), show(true)]).toEqual([
      "an empty list",
      "a list",
      "a mapping",
      "nothing",
      "1.5",
      "true",
    ]);
  });

  it("hide the credentials of a URL", () => {
    for (const text of [
      "https://admin:hunter2@pve:8006/",
      "https://admin:hun/ter2@pve:8006/",
      "https://admin:hunt@er2@pve:8006/",
      "http://hunter2@pve",
      "admin:hunter2@pve:8006",
      `https://admin:${"hunter2".repeat(10_000)}@pve`,
    ]) {
      expect(show(text)).not.toContain("hun");
      expect(show({ [text]: 1 })).toBe("a mapping");
      expect(keyPath("homelab:cluster", text)).not.toContain("hun");
    }
    expect(show("https://admin:hunter2@pve:8006/")).toBe('"https://[secret]@pve:8006/"');
    expect(show("https://pve:8006/")).toBe('"https://pve:8006/"');
    expect(show("me@example.com")).toBe('"me@example.com"');
  });

  it.each(["a", "a@", "://", "a:", "a@b!", "0123abcd-"])("take no time however long they are: %s", (part) => {
    const started = performance.now();
    const text = show(part.repeat(20_000));
    expect(performance.now() - started).toBeLessThan(200);
    expect(text.length).toBeLessThan(80);
  });

  it("have paths", () => {
    expect(keyPath(indexPath("homelab:nodes", 1), "vmId")).toBe("homelab:nodes[1].vmId");
    expect(keyPath("homelab:cluster", "a b")).toBe('homelab:cluster["a b"]');
    expect(listWords(["a"], "or")).toBe("a");
    expect(listWords(["a", "b", "c"], "and")).toBe("a, b and c");
  });
});

describe("versions", () => {
  it("compares by number", () => {
    expect(compareVersions("1.9", "1.10")).toBeLessThan(0);
    expect(compareVersions("v1.12.10", "v1.12.9")).toBeGreaterThan(0);
    expect(compareVersions("1.12", "1.12.0")).toBe(0);
  });

  it("counts minors within a major", () => {
    expect(minorSteps("v1.9.6", "v1.12.0")).toBe(3);
    expect(minorSteps("1.12.0", "1.11.9")).toBe(-1);
    expect(minorSteps("v1.12.0-beta.1", "v1.12.4")).toBe(0);
    expect(minorSteps("1.40.0", "2.0.0")).toBeUndefined();
  });

  it("knows each Talos release's Kubernetes", () => {
    expect(talosRelease("v1.11.0")?.defaultKubernetes).toBe("1.34.0");
    expect(talosRelease("v1.12.7")?.defaultKubernetes).toBe("1.35.0");
    expect(talosRelease("v1.120.0")).toBeUndefined();
    for (const release of TALOS_RELEASES) {
      expect(kubernetesSupported(release, release.defaultKubernetes)).toBe(true);
      expect(kubernetesSupported(release, "1.99.0")).toBe(false);
      expect(kubernetesSupported(release, "1.9.0")).toBe(false);
    }
  });
});

describe("extensions", () => {
  it("always holds the required ones, once and sorted", () => {
    expect(imageExtensions([])).toEqual(REQUIRED_EXTENSIONS);
    expect(imageExtensions(["zfs", "siderolabs/iscsi-tools", "amdgpu"])).toEqual([
      "siderolabs/amdgpu",
      "siderolabs/iscsi-tools",
      "siderolabs/qemu-guest-agent",
      "siderolabs/util-linux-tools",
      "siderolabs/zfs",
    ]);
  });

  it("are official, the required ones, too", () => {
    expect(OFFICIAL_EXTENSIONS).toEqual(expect.arrayContaining([...REQUIRED_EXTENSIONS]));
    expect(new Set(OFFICIAL_EXTENSIONS).size).toBe(OFFICIAL_EXTENSIONS.length);
  });
});
