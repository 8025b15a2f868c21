import path from "node:path";
import { major, minor } from "semver";
import { cached } from "./cache.mjs";
import { downloaded } from "./download.mjs";
import { findTool } from "./find.mjs";
import { findOnPath, machineKind, program, sourceKey } from "../files.mjs";
import { goBuild } from "./go.mjs";
import { Problem } from "../problem.mjs";
import { run } from "../run.mjs";

/** @typedef {import("../settings.mjs").Context} Context */

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
  const files = [binary];
  const found = await findTool(context, {
    kind,
    downloaded: { key: downloadKey(context), files },
    built: { key: talosctlKey(context), files },
    installed: () => onPath(context),
    download: () => download(context),
    build: () => build(context),
    of: (folder) => path.join(folder, binary),
  });
  if (found !== undefined) return found;
  throw new Problem(
    `There is no talosctl of ${minorOf(context.pins.talosctl)} on PATH, and HOMELAB_TOOLCHAIN=path asks for no other.`,
    "Install one (https://docs.siderolabs.com/talos/), or leave HOMELAB_TOOLCHAIN unset.",
  );
}

/** @param {string} version */
const minorOf = (version) => `${major(version)}.${minor(version)}`;

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
  if (version !== undefined && minorOf(version) === minorOf(pins.talosctl)) return file;
  const why = version === undefined ? "does not tell its version" : `is ${version}`;
  say(`The talosctl on PATH, ${file}, ${why}; ${minorOf(pins.talosctl)} is needed, so another one is used.`);
  return undefined;
}

/** @param {Context} context */
function download(context) {
  return downloaded(context, {
    tool: "talosctl",
    what: "talosctl",
    size: "about 100 MB",
    remedy:
      "Check the network, or install it yourself (https://docs.siderolabs.com/talos/), or set HOMELAB_TOOLCHAIN=build.",
    kind,
    key: downloadKey(context),
    program: binary,
  });
}

/** @param {Context} context */
function build(context) {
  const { root, pins } = context;
  const what = `talosctl ${pins.talosctl}`;
  return cached(context, {
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
}
