import { existsSync } from "node:fs";
import path from "node:path";
import { findOnPath, hash, machineKind, readJson, stamp, writeJson } from "./files.mjs";
import { helperKey } from "./helpers.mjs";
import { refuseForeign } from "./ours.mjs";
import { installedPlugin, ownKey } from "./plugin.mjs";
import { Problem } from "./problem.mjs";
import { buildKey } from "./pulumi.mjs";
import { talosctlKey } from "./talosctl.mjs";

/** @typedef {import("./context.mjs").Context} Context */

/**
 * What .rehearsal/toolchain.json says; the rehearsal and the engine tests run with this.
 * @typedef {object} Toolchain
 * @property {string} pulumi absolute path of the Pulumi CLI
 * @property {string} pulumiVersion without a v
 * @property {string} pulumiHome for PULUMI_HOME: it holds the Proxmox plugin
 * @property {"published" | "own build"} proxmoxPlugin
 * @property {string} proxmoxPluginPath
 * @property {string} talosHelper absolute path of our program over Talos's machinery library
 * @property {string} [talosctl] absolute path; only when it was asked for
 * @property {string} cache
 * @property {string} fingerprint of everything that the choice depended on
 * @property {Record<string, string>} files what the programs looked like when they were last checked
 */

/** @param {string} root */
export function toolchainFile(root) {
  return path.join(root, ".rehearsal", "toolchain.json");
}

/**
 * A hash of everything that decides which programs are used. While it stays the same nothing need be asked again.
 * @param {Context} context
 */
export function fingerprint(context) {
  const { way, cache, pins, root, env } = context;
  const cli = findOnPath("pulumi", env);
  const talosctl = findOnPath("talosctl", env);
  const plugin = installedPlugin(context);
  const decisive = {
    machineKind,
    way,
    cache,
    pins,
    build: [buildKey(context), ownKey(context), helperKey(root), talosctlKey(context)],
    // Said of how it was asked, so that what was recorded of one asked otherwise counts no more.
    cliOnPath: cli && ["sealed", cli, stamp(cli)],
    talosctlOnPath: talosctl && [talosctl, stamp(talosctl)],
    pluginOfUser: plugin,
  };
  return hash(JSON.stringify(decisive)).slice(0, 32);
}

/**
 * The toolchain of the last bootstrap, if nothing has changed since.
 * @param {Context} context
 * @returns {Toolchain | undefined}
 */
export function currentToolchain(context) {
  const known = asToolchain(readJson(toolchainFile(context.root)));
  refuseForeignPrograms(context, known);
  if (known?.fingerprint !== fingerprint(context)) return undefined;
  const files = Object.entries(known.files);
  const programs = programsOf(known);
  return files.length === programs.length && files.every(([file, seen]) => stamp(file) === seen)
    ? known
    : undefined;
}

/**
 * The toolchain of the last bootstrap, for those who run with it.
 * @param {Pick<Context, "root" | "home" | "env">} context
 * @returns {Toolchain}
 */
export function readToolchain(context) {
  const file = toolchainFile(context.root);
  const known = asToolchain(readJson(file));
  if (!known) {
    const why = existsSync(file) ? `${file} is damaged` : "The Pulumi CLI and its plugins are not set up yet";
    throw new Problem(`${why}: run \`npm run bootstrap\` first.`);
  }
  refuseForeignPrograms(context, known);
  return known;
}

/**
 * @param {any} value
 * @returns {Toolchain | undefined} undefined when it is none
 */
function asToolchain(value) {
  const texts = (/** @type {any} */ record) => Object.values(record).every((one) => typeof one === "string");
  const { files, ...named } = value ?? {};
  const needed = [
    "pulumi",
    "pulumiVersion",
    "pulumiHome",
    "proxmoxPlugin",
    "proxmoxPluginPath",
    "talosHelper",
    "fingerprint",
  ];
  const whole = needed.every((key) => typeof named[key] === "string" && named[key] !== "") && texts(named);
  return whole && typeof files === "object" && files !== null && texts(files) ? value : undefined;
}

/**
 * The file names programs that will be run: neither it nor they may be somebody else's. What PATH names is the user's own choice.
 * @param {Pick<Context, "root" | "home" | "env">} context
 * @param {Toolchain | undefined} toolchain
 */
function refuseForeignPrograms({ root, home, env }, toolchain) {
  if (!toolchain) return;
  const remedy = "Remove it, then run `npm run bootstrap`.";
  refuseForeign(toolchainFile(root), home, "The record of the toolchain,", remedy);
  for (const file of programsOf(toolchain)) {
    if (file !== findOnPath(path.parse(file).name, env)) refuseForeign(file, home, "The program", remedy);
  }
}

/** @param {Omit<Toolchain, "cache" | "fingerprint" | "files">} toolchain */
function programsOf({ pulumi, proxmoxPluginPath, talosHelper, talosctl }) {
  return [pulumi, proxmoxPluginPath, talosHelper, ...(talosctl === undefined ? [] : [talosctl])];
}

/**
 * @param {Context} context
 * @param {Omit<Toolchain, "cache" | "fingerprint" | "files">} found
 * @returns {Toolchain}
 */
export function recordToolchain(context, found) {
  const files = Object.fromEntries(programsOf(found).map((file) => [file, stamp(file) ?? ""]));
  const toolchain = { ...found, cache: context.cache, fingerprint: fingerprint(context), files };
  writeJson(toolchainFile(context.root), toolchain);
  return toolchain;
}
