import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import {
  checksumOf,
  checksumsFile,
  pinnedChecksum,
  releaseOf,
  tools,
  versionOfTool,
} from "../../../scripts/bootstrap/tools/releases.mjs";
import { readPins } from "../../../scripts/bootstrap/pins.mjs";
import { updateChecksums } from "../../../scripts/update-checksums.mjs";
import { fakeMachine, repository } from "./fakes.js";
import { releaseServer } from "./release-server.js";

it("knows the releases' names", () => {
  const { file } = releaseOf("talosctl", "1.12.0");
  expect(file("linux", "x64")).toBe("talosctl-linux-amd64");
  expect(file("darwin", "arm64")).toBe("talosctl-darwin-arm64");
  expect(file("win32", "x64")).toBe("talosctl-windows-amd64.exe");
  expect(file("linux", "mips")).toBeUndefined();
  expect(releaseOf("pulumi", "3.245.0").file("linux", "x64")).toBe("pulumi-v3.245.0-linux-x64.tar.gz");
  expect(releaseOf("pulumi", "3.245.0").file("win32", "x64")).toBeUndefined();
  expect(releaseOf("proxmoxve", "8.6.0").file("darwin", "x64")).toBe(
    "pulumi-resource-proxmoxve-v8.6.0-darwin-amd64.tar.gz",
  );
});

it("finds a file's checksum in a list", () => {
  const [one, two] = ["a".repeat(64), "b".repeat(64)];
  const list = `${one}  talosctl-linux-amd64.sig\n${two}  talosctl-linux-amd64\n`;
  expect(checksumOf(list, "talosctl-linux-amd64")).toBe(two);
  expect(checksumOf("<html>not found</html>", "talosctl-linux-amd64")).toBeUndefined();
});

it("has checksums of the versions in use, and of no others", () => {
  const pins = readPins(repository);
  const checksums = JSON.parse(readFileSync(checksumsFile(repository), "utf8")) as Record<
    string,
    { version: string; sha256: Record<string, string> }
  >;
  // Red after a version has changed: node scripts/update-checksums.mjs
  for (const tool of tools) {
    const version = versionOfTool(pins, tool);
    expect(checksums[tool]?.version).toBe(version);
    for (const file of Object.keys(checksums[tool]!.sha256))
      expect(pinnedChecksum(repository, tool, version, file)).toMatch(/^[0-9a-f]{64}$/);
  }
  expect(pinnedChecksum(repository, "talosctl", "1.12.1", "talosctl-linux-amd64")).toBeUndefined();
});

const lists = (sum: string) => ({
  "/pulumi-3.245.0-checksums.txt": `${sum}  pulumi-v3.245.0-linux-x64.tar.gz\n`,
  "/pulumi-proxmoxve_8.6.0_checksums.txt": `${sum}  pulumi-resource-proxmoxve-v8.6.0-linux-amd64.tar.gz\n`,
  "/sha256sum.txt": `${sum}  ./talosctl-linux-amd64\n`,
});

it("takes checksums from the releases' own lists", async () => {
  const { root } = fakeMachine();
  writeFileSync(checksumsFile(root), "{}");
  const sum = "c".repeat(64);
  const base = await releaseServer(lists(sum));
  await updateChecksums(root, () => {}, { pulumi: base, proxmoxve: base, talosctl: base });
  expect(
    pinnedChecksum(root, "proxmoxve", "8.6.0", "pulumi-resource-proxmoxve-v8.6.0-linux-amd64.tar.gz"),
  ).toBe(sum);
  expect(JSON.parse(readFileSync(checksumsFile(root), "utf8"))).toMatchObject({
    talosctl: {
      version: "1.12.0",
      source: "https://github.com/siderolabs/talos/releases/download/v1.12.0/sha256sum.txt",
    },
  });
});

it.each([
  [
    "one that changed",
    lists("d".repeat(64)),
    /gives pulumi-.* another checksum than .*\n.*\nNothing was written/,
  ],
  [
    "a list that is none",
    { ...lists(""), "/pulumi-3.245.0-checksums.txt": "<html>" },
    /another checksum than/,
  ],
  ["a server without it", {}, /checksums.txt cannot be read: it answers 404. Nothing was written/],
])("writes nothing for %s", async (_, files, message) => {
  const { root } = fakeMachine();
  const before = readFileSync(checksumsFile(root), "utf8");
  const base = await releaseServer(files);
  await expect(
    updateChecksums(root, () => {}, { pulumi: base, proxmoxve: base, talosctl: base }),
  ).rejects.toThrow(message);
  expect(readFileSync(checksumsFile(root), "utf8")).toBe(before);
});
