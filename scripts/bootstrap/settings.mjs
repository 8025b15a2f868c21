import path from "node:path";
import { Problem } from "./problem.mjs";

/** The ways to a Pulumi CLI and Proxmox plugin that HOMELAB_TOOLCHAIN can pick. */
export const ways = /** @type {const} */ (["auto", "path", "download", "build"]);

/** @typedef {(typeof ways)[number]} Way */

/**
 * What every step of the bootstrap is given.
 * @typedef {object} Context
 * @property {string} root the repository
 * @property {string} cache the user's cache folder for this project
 * @property {Record<string, string | undefined>} env
 * @property {string} home the user's home folder
 * @property {Way} way what HOMELAB_TOOLCHAIN picked
 * @property {import("./pins.mjs").Pins} pins
 * @property {(line: string) => void} say tells the person something
 * @property {Partial<Record<import("./tools/releases.mjs").Tool, string>>} [releases] folders of releases elsewhere than at their publishers
 * @property {(url: string) => Promise<boolean>} reachable whether a server answers, within seconds
 */

/**
 * Reads HOMELAB_TOOLCHAIN.
 * @param {string | undefined} value
 * @returns {Way}
 */
export function readWay(value) {
  const way = (value ?? "").trim() || "auto";
  const known = ways.find((one) => one === way);
  if (known) return known;
  throw new Problem(
    `HOMELAB_TOOLCHAIN is ${JSON.stringify(value)}; allowed are ${ways.join(", ")}.`,
    "auto (the default) takes what is on PATH, else downloads, else builds; path takes only what is installed; " +
      "download and build do only that.",
  );
}

/**
 * The folder that builds and downloads are kept in, for every clone of this user.
 * @param {Record<string, string | undefined>} env
 * @param {string} home
 * @param {string} [platform]
 */
export function cacheFolder(env, home, platform = process.platform) {
  const own = env.HOMELAB_CACHE?.trim();
  if (own) return path.resolve(own);
  // The XDG specification has relative paths ignored.
  const xdg = env.XDG_CACHE_HOME?.trim();
  if (xdg && path.isAbsolute(xdg)) return path.join(xdg, "talos-homelab");
  if (platform === "darwin") return path.join(home, "Library", "Caches", "talos-homelab");
  if (platform === "win32") {
    return path.join(env.LOCALAPPDATA?.trim() || path.join(home, "AppData", "Local"), "talos-homelab");
  }
  return path.join(home, ".cache", "talos-homelab");
}

/**
 * @param {string[]} args
 * @returns {{ quiet: boolean, talosctl: boolean, packages: boolean }} whether to say nothing when all is there, to get talosctl as well, and
 *   to see to the npm packages alone
 */
export function readArguments(args) {
  const flags = ["--quiet", "--talosctl", "--packages"];
  const unknown = args.find((arg) => !flags.includes(arg));
  if (unknown !== undefined) {
    throw new Problem(
      `bootstrap does not know ${JSON.stringify(unknown)}; its flags are --quiet, --talosctl and --packages.`,
    );
  }
  return {
    quiet: args.includes("--quiet"),
    talosctl: args.includes("--talosctl"),
    packages: args.includes("--packages"),
  };
}

/**
 * What the bootstrap found, for those who run with it.
 * @param {string} root
 */
export function toolchainFile(root) {
  return path.join(root, ".rehearsal", "toolchain.json");
}
