import { readFileSync } from "node:fs";
import path from "node:path";
import { parsed } from "./files.mjs";
import { Problem, messageOf } from "./problem.mjs";

/**
 * @typedef {object} Pins
 * @property {string} pulumi the CLI's version, as pinned in tools/pulumi-cli/go.mod
 * @property {string} talosctl as pinned in tools/talosctl/go.mod
 * @property {string} proxmox the plugin's version: that of its npm package
 */

/**
 * The pinned versions, each read from the one file that pins it.
 * @param {string} root the repository
 * @returns {Pins}
 */
export function readPins(root) {
  const pulumi = requiredVersion(read(root, "tools/pulumi-cli/go.mod"), "github.com/pulumi/pulumi/pkg/v3");
  const talosctl = requiredVersion(read(root, "tools/talosctl/go.mod"), "github.com/siderolabs/talos");
  const proxmox = parsed(read(root, "package.json"))?.dependencies?.["@muhlba91/pulumi-proxmoxve"];
  if (!pulumi || !talosctl || !proxmox)
    throw new Problem("The pinned versions cannot be read: this clone is damaged.");
  return { pulumi, talosctl, proxmox };
}

/**
 * The version that a go.mod requires of a module, without its v.
 * @param {string} goMod
 * @param {string} module
 */
export function requiredVersion(goMod, module) {
  for (const line of goMod.split("\n")) {
    const [name, version] = line
      .replace(/^\s*require\s+/, "")
      .trim()
      .split(/\s+/);
    if (name === module && version?.startsWith("v")) return version.slice(1);
  }
  return undefined;
}

/**
 * The Go version that a go.mod asks for.
 * @param {string} goMod
 */
export function goLine(goMod) {
  return /^go\s+(\S+)/m.exec(goMod)?.[1] ?? "1.25.8";
}

/**
 * @param {string} root
 * @param {string} file
 */
function read(root, file) {
  try {
    return readFileSync(path.join(root, file), "utf8");
  } catch (error) {
    throw new Problem(`${file} cannot be read (${messageOf(error)}): this clone is damaged.`);
  }
}
