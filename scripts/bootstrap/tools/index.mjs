import { findOnPath, hash, machineKind, stamp, writeJson } from "../files.mjs";
import { toolchainFile } from "../settings.mjs";
import { refuseForeignCache } from "./cache.mjs";
import { ensureHelper, helperKey } from "./helper.mjs";
import { ensurePlugin, installedPlugin, ownKey } from "./plugin.mjs";
import { buildKey, ensurePulumi } from "./pulumi.mjs";
import { ensureTalosctl, talosctlKey } from "./talosctl.mjs";
import { programsOf, recordedToolchain } from "./toolchain.mjs";

/** @typedef {import("../settings.mjs").Context} Context */
/** @typedef {import("./toolchain.mjs").Toolchain} Toolchain */

/**
 * Makes sure of every program that a rehearsal runs with.
 * @param {Context} context
 * @param {{ talosctl?: boolean }} wanted talosctl is left out unless asked for: only rehearsed upgrades need it
 * @returns {Promise<{ toolchain: Toolchain, news: boolean }>}
 */
export async function ensureTools(context, wanted) {
  refuseForeignCache(context);
  const known = currentToolchain(context);
  if (known && (known.talosctl !== undefined || !wanted.talosctl)) return { toolchain: known, news: false };
  // The helper first: it always needs Go, and a machine without it should say so before it downloads anything.
  const talosHelper = await ensureHelper(context);
  const cli = await ensurePulumi(context);
  const plugin = await ensurePlugin(context);
  const talosctl = wanted.talosctl ? await ensureTalosctl(context) : undefined;
  const found = {
    pulumi: cli.path,
    pulumiVersion: cli.version,
    pulumiHome: plugin.home,
    proxmoxPlugin: plugin.origin,
    proxmoxPluginPath: plugin.path,
    talosHelper,
    ...(talosctl !== undefined && { talosctl }),
  };
  const files = Object.fromEntries(programsOf(found).map((file) => [file, stamp(file) ?? ""]));
  const toolchain = { ...found, cache: context.cache, fingerprint: fingerprint(context), files };
  writeJson(toolchainFile(context.root), toolchain);
  return { toolchain, news: true };
}

/**
 * A hash of everything that decides which programs are used. While it stays the same nothing need be asked again.
 * @param {Context} context
 */
function fingerprint(context) {
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
function currentToolchain(context) {
  const known = recordedToolchain(context);
  if (known?.fingerprint !== fingerprint(context)) return undefined;
  const files = Object.entries(known.files);
  const same =
    files.length === programsOf(known).length && files.every(([file, seen]) => stamp(file) === seen);
  return same ? known : undefined;
}
