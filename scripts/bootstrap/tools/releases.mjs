import path from "node:path";
import { readJson } from "../files.mjs";
import { Problem } from "../problem.mjs";

/** @typedef {import("../settings.mjs").Context} Context */
/** @typedef {"pulumi" | "proxmoxve" | "talosctl"} Tool */

/**
 * Where a tool's releases are and how their files are called. The Pulumi archives are the ones of get.pulumi.com, from the place
 * that the pinned checksums are published for.
 * @typedef {object} Release
 * @property {string} base address of the release's folder
 * @property {string} list file of official checksums in it
 * @property {(platform: string, arch: string) => string | undefined} file its name for a kind of machine, where there is one
 */

/** @type {Record<string, string>} */
const goArch = { x64: "amd64", arm64: "arm64", arm: "armv7" };
/** @type {Record<string, string>} */
const systems = { linux: "linux", darwin: "darwin", win32: "windows", freebsd: "freebsd" };

/**
 * @param {Tool} tool
 * @param {string} version
 * @returns {Release}
 */
export function releaseOf(tool, version) {
  const github = (/** @type {string} */ repository) =>
    `https://github.com/${repository}/releases/download/v${version}`;
  switch (tool) {
    case "pulumi":
      return {
        base: github("pulumi/pulumi"),
        list: `pulumi-${version}-checksums.txt`,
        // Windows gets a zip, which not every tar can unpack: there the CLI is installed by hand or built.
        file: (platform, arch) =>
          ["linux", "darwin"].includes(platform) && ["x64", "arm64"].includes(arch)
            ? `pulumi-v${version}-${platform}-${arch}.tar.gz`
            : undefined,
      };
    case "proxmoxve":
      return {
        base: github("muhlba91/pulumi-proxmoxve"),
        list: `pulumi-proxmoxve_${version}_checksums.txt`,
        file: (platform, arch) =>
          ["linux", "darwin", "win32"].includes(platform) && ["x64", "arm64"].includes(arch)
            ? `pulumi-resource-proxmoxve-v${version}-${systems[platform]}-${goArch[arch]}.tar.gz`
            : undefined,
      };
    case "talosctl":
      return {
        base: github("siderolabs/talos"),
        list: "sha256sum.txt",
        file: (platform, arch) => {
          const [system, machine] = [systems[platform], goArch[arch]];
          return system && machine && `talosctl-${system}-${machine}${system === "windows" ? ".exe" : ""}`;
        },
      };
  }
}

/** @type {Tool[]} */
export const tools = ["pulumi", "proxmoxve", "talosctl"];

/** The version of each that this clone is for. @param {import("../pins.mjs").Pins} pins @param {Tool} tool */
export const versionOfTool = (pins, tool) => pins[tool === "proxmoxve" ? "proxmox" : tool];

/** Kinds of machines that checksums are kept for. */
export const machines = ["linux", "darwin", "win32"].flatMap((platform) =>
  ["x64", "arm64", "arm"].map((arch) => /** @type {const} */ ([platform, arch])),
);

/** @param {string} root */
export const checksumsFile = (root) => path.join(root, "scripts", "bootstrap", "tools", "checksums.json");

/**
 * The pinned checksum of a file, as checked in with this clone; undefined where there is none for that very version.
 * @param {string} root
 * @param {Tool} tool
 * @param {string} version
 * @param {string} file
 * @returns {string | undefined}
 */
export function pinnedChecksum(root, tool, version, file) {
  const entry = readJson(checksumsFile(root))?.[tool];
  const sum = entry?.version === version ? entry.sha256?.[file] : undefined;
  if (sum === undefined) return undefined;
  if (typeof sum === "string" && /^[0-9a-f]{64}$/.test(sum)) return sum;
  throw new Problem(
    `The checksum of ${file} in ${checksumsFile(root)} is no SHA-256: this clone is damaged.`,
  );
}

/**
 * The checksum that a release's own list gives a file.
 * @param {string} list lines of "<sha256>  <file>"
 * @param {string} file
 */
export function checksumOf(list, file) {
  for (const line of list.split("\n")) {
    const [sum, name] = line.trim().split(/\s+/);
    if (name?.replace(/^(\*|\.\/)/, "") === file && /^[0-9a-f]{64}$/.test(sum ?? "")) return sum;
  }
  return undefined;
}
