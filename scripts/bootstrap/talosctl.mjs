import path from "node:path";
import { cached, entryFolder, isComplete } from "./cache.mjs";
import { downloaded } from "./download.mjs";
import { findOnPath, machineKind, program, sourceKey } from "./files.mjs";
import { goBuild } from "./go.mjs";
import { Problem } from "./problem.mjs";
import { run } from "./run.mjs";
import { cliSources } from "./settings.mjs";
import { parseVersion } from "./versions.mjs";

/** @typedef {import("./context.mjs").Context} Context */

const kind = "talosctl";
const binary = program("talosctl");

/** @param {string} root */
const sources = (root) => path.join(root, "tools", "talosctl");

/** @param {Context} context */
export const talosctlKey = ({ root, pins }) =>
  `v${pins.talosctl}-build-${sourceKey(sources(root))}-${machineKind}`;

/** @param {Context} context */
const downloadKey = ({ pins }) => `v${pins.talosctl}-download-${machineKind}`;

/**
 * Finds a talosctl in the order of HOMELAB_TOOLCHAIN's way, or gets one: the program by which nodes are upgraded. Only
 * rehearsed upgrades need it, so it is not part of every bootstrap.
 * @param {Context} context
 * @returns {Promise<string>} its path
 */
export async function ensureTalosctl(context) {
  const { way, pins, cache } = context;
  for (const source of cliSources(way)) {
    const key = source.endsWith("build") ? talosctlKey(context) : downloadKey(context);
    const folder = entryFolder(cache, kind, key);
    /** @type {string | undefined} */
    let found;
    if (source === "path") found = await onPath(context);
    else if (source.startsWith("cached") && isComplete(folder, [binary])) found = path.join(folder, binary);
    else if (source === "download") found = await download(context);
    else if (source === "build") found = await build(context);
    if (found) return found;
  }
  throw new Problem(
    `There is no talosctl of ${minor(pins.talosctl)} on PATH, and HOMELAB_TOOLCHAIN=path asks for no other.`,
    "Install one (https://docs.siderolabs.com/talos/), or leave HOMELAB_TOOLCHAIN unset.",
  );
}

/** @param {string} version */
const minor = (version) => version.split(".").slice(0, 2).join(".");

/**
 * What a talosctl says its version is; undefined when it does not say.
 * @param {string} file
 */
async function versionOf(file) {
  const told = await run(file, ["version", "--client", "--short"], { timeout: 30_000 });
  const version = /v\d+\.\d+\.\d+\S*/.exec(told.stdout)?.[0];
  return told.code === 0 && version ? version.slice(1) : undefined;
}

/**
 * One of the same minor does: the nodes that it is to speak to are simulated ones of that minor.
 * @param {Context} context
 */
async function onPath({ env, pins, say }) {
  const file = findOnPath("talosctl", env);
  if (!file) return undefined;
  const version = await versionOf(file);
  const [have, want] = [parseVersion(version ?? ""), parseVersion(pins.talosctl)];
  if (have && want && have[0] === want[0] && have[1] === want[1]) return file;
  const why = version === undefined ? "does not tell its version" : `is ${version}`;
  say(`The talosctl on PATH, ${file}, ${why}; ${minor(pins.talosctl)} is needed, so another one is used.`);
  return undefined;
}

/**
 * @param {Context} context
 * @returns {Promise<string | undefined>} undefined when it cannot be had and another way is left
 */
async function download(context) {
  const folder = await downloaded(context, {
    tool: "talosctl",
    what: "talosctl",
    size: "about 100 MB",
    remedy:
      "Check the network, or install it yourself (https://docs.siderolabs.com/talos/), or set HOMELAB_TOOLCHAIN=build.",
    kind,
    key: downloadKey(context),
    program: binary,
  });
  return folder === undefined ? undefined : path.join(folder, binary);
}

/** @param {Context} context */
async function build(context) {
  const { root, pins } = context;
  const what = `talosctl ${pins.talosctl}`;
  const folder = await cached(context, {
    kind,
    key: talosctlKey(context),
    files: [binary],
    doing: `building ${what}`,
    make: async (draft) => {
      const out = path.join(draft, binary);
      await goBuild(context, {
        folder: sources(root),
        package: "github.com/siderolabs/talos/cmd/talosctl",
        out,
        what,
        usually: "3 to 4 minutes on two cores",
      });
      const version = await versionOf(out);
      if (version !== pins.talosctl)
        throw new Problem(`${what} was built but says that it is ${version ?? "nothing"}.`);
    },
  });
  return path.join(folder, binary);
}
