import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { cached } from "./cache.mjs";
import { downloaded } from "./download.mjs";
import { findTool } from "./find.mjs";
import { machineKind, program, sourceKey } from "../files.mjs";
import { goBuild } from "./go.mjs";
import { Problem } from "../problem.mjs";
import { run, tail } from "../run.mjs";
import { pulumiEnvironment, sealed } from "../sealed.mjs";

/** @typedef {import("../settings.mjs").Context} Context */

/**
 * @typedef {object} Plugin
 * @property {string} path of the plugin's program
 * @property {string} home the Pulumi home that it is installed in
 * @property {"published" | "own build"} origin
 */

// The plugin goes into Pulumi homes of our own, one for each origin and version. Never into the user's ~/.pulumi: our
// build bridges only a part of the provider, and would stand in the way of the published one.
const kind = "pulumi-home";
const file = program("pulumi-resource-proxmoxve");
const server = "github://api.github.com/muhlba91/pulumi-proxmoxve";

/** @param {string} root */
const sources = (root) => path.join(root, "tools", "proxmox-plugin");

/** @param {Pick<Context, "pins">} context */
const pluginFolder = ({ pins }) => path.join("plugins", `resource-proxmoxve-v${pins.proxmox}`);

/** @param {Pick<Context, "pins">} context */
const publishedKey = ({ pins }) => `proxmoxve-v${pins.proxmox}-published-${machineKind}`;

/** @param {Pick<Context, "root" | "pins">} context */
export function ownKey({ root, pins }) {
  return `proxmoxve-v${pins.proxmox}-build-${sourceKey(sources(root))}-${machineKind}`;
}

/**
 * The published plugin in the user's own Pulumi home, when it is wholly installed there.
 * @param {Pick<Context, "env" | "home" | "pins">} context
 */
export function installedPlugin({ env, home, pins }) {
  const folder = path.join(env.PULUMI_HOME?.trim() || path.join(home, ".pulumi"), pluginFolder({ pins }));
  // Pulumi marks an install that was interrupted with a file beside the folder.
  return existsSync(path.join(folder, file)) && !existsSync(`${folder}.partial`) ? folder : undefined;
}

/**
 * Finds the Proxmox plugin in the order of HOMELAB_TOOLCHAIN's way, or gets it.
 * @param {Context} context
 * @returns {Promise<Plugin>}
 */
export async function ensurePlugin(context) {
  const { pins } = context;
  const within = path.join(pluginFolder(context), file);
  /** @param {string} home @param {"download" | "build"} how @returns {Plugin} */
  const of = (home, how) => ({
    path: path.join(home, within),
    home,
    origin: how === "download" ? "published" : "own build",
  });
  const found = await findTool(context, {
    kind,
    downloaded: { key: publishedKey(context), files: [within] },
    built: { key: ownKey(context), files: buildFiles(context) },
    installed: async () => {
      const home = await fromUser(context, within);
      return home === undefined ? undefined : of(home, "download");
    },
    download: () => download(context, within),
    build: () => build(context),
    of,
  });
  if (found) return found;
  throw new Problem(
    `The Pulumi plugin proxmoxve ${pins.proxmox} is not installed, and HOMELAB_TOOLCHAIN=path asks for no other way.`,
    `Install it (pulumi plugin install resource proxmoxve ${pins.proxmox} --server ${server}), or leave ` +
      "HOMELAB_TOOLCHAIN unset.",
  );
}

/**
 * @param {Context} context
 * @param {string} within
 */
async function fromUser(context, within) {
  const theirs = installedPlugin(context);
  if (!theirs) return undefined;
  return cached(context, {
    kind,
    key: publishedKey(context),
    files: [within],
    doing: "linking the installed Proxmox plugin",
    make: async (draft) => {
      // Pulumi takes no symbolic link for a plugin's folder, so its files are linked, or copied from another drive.
      const folder = path.join(draft, pluginFolder(context));
      mkdirSync(folder, { recursive: true });
      for (const name of readdirSync(theirs)) {
        const from = path.join(theirs, name);
        if (!statSync(from).isFile()) continue;
        try {
          linkSync(from, path.join(folder, name));
        } catch {
          copyFileSync(from, path.join(folder, name));
        }
      }
    },
  });
}

/**
 * @param {Context} context
 * @param {string} within
 */
function download(context, within) {
  return downloaded(context, {
    tool: "proxmoxve",
    what: "The Proxmox plugin",
    size: "about 30 MB",
    remedy: "Check the network, or set HOMELAB_TOOLCHAIN=build.",
    kind,
    key: publishedKey(context),
    program: within,
  });
}

/** @param {Pick<Context, "pins">} context */
function buildFiles(context) {
  return [file, "schema.json", "bridge-metadata.json"].map((name) => path.join(pluginFolder(context), name));
}

/** @param {Context} context */
function build(context) {
  const { root, env, pins } = context;
  const what = `our own build of the Proxmox plugin ${pins.proxmox}`;
  return cached(context, {
    kind,
    key: ownKey(context),
    files: buildFiles(context),
    doing: `making ${what}`,
    make: async (draft) => {
      const folder = path.join(draft, pluginFolder(context));
      mkdirSync(folder, { recursive: true });
      const out = path.join(folder, file);
      await goBuild(context, {
        folder: sources(root),
        package: ".",
        out,
        what,
        usually: "2 to 3 minutes on two cores",
      });
      const args = ["schema", "--skip-docs", "--skip-examples", "--out", folder];
      const done = await run(out, args, {
        cwd: folder,
        env: pulumiEnvironment(sealed(env, draft), draft),
        timeout: 120_000,
      });
      if (done.code !== 0)
        throw new Problem(`${what} was built, but its schema cannot be made:\n${tail(done.output)}`);
    },
  });
}
