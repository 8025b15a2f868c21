import { writeFileSync } from "node:fs";
import path from "node:path";
import { cached, entryFolder, isComplete } from "./cache.mjs";
import { downloaded } from "./download.mjs";
import { findOnPath, hash, machineKind, program, sourceKey } from "./files.mjs";
import { goBuild } from "./go.mjs";
import { Problem, messageOf } from "./problem.mjs";
import { run } from "./run.mjs";
import { cliSources } from "./settings.mjs";
import { parseVersion } from "./versions.mjs";

/** @typedef {import("./context.mjs").Context} Context */

const kind = "talosctl";
const binary = program("talosctl");
const releases = "https://github.com/siderolabs/talos/releases/download";

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

/** The release's name of this machine's kind; undefined where Talos publishes none. */
export function releaseFile(platform = process.platform, arch = process.arch) {
  /** @type {Record<string, string>} */
  const systems = { linux: "linux", darwin: "darwin", win32: "windows", freebsd: "freebsd" };
  /** @type {Record<string, string>} */
  const machines = { x64: "amd64", arm64: "arm64", arm: "armv7" };
  const system = systems[platform];
  const machine = machines[arch];
  if (!system || !machine) return undefined;
  return `talosctl-${system}-${machine}${system === "windows" ? ".exe" : ""}`;
}

/**
 * The checksum that a release's list gives a file.
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

/**
 * @param {Context} context
 * @returns {Promise<string | undefined>} undefined when it cannot be had and another way is left
 */
async function download(context) {
  const { pins, say, way } = context;
  const remedy =
    "Check the network, or install it yourself (https://docs.siderolabs.com/talos/), or set HOMELAB_TOOLCHAIN=build.";
  const file = releaseFile();
  if (!file) {
    const why = `talosctl cannot be downloaded: there is no release of it for ${machineKind}.`;
    if (way === "download") throw new Problem(why, remedy);
    say(why);
    return undefined;
  }
  const release = `${releases}/v${pins.talosctl}`;
  const folder = await downloaded(context, {
    what: "talosctl",
    announced: `talosctl ${pins.talosctl} (about 100 MB)`,
    server: release,
    remedy,
    kind,
    key: downloadKey(context),
    files: [binary],
    fetch: async (draft) => {
      try {
        const sum = checksumOf(String(await fetched(`${release}/sha256sum.txt`)), file);
        const content = await fetched(`${release}/${file}`);
        if (sum === undefined || hash(content) !== sum) return "its checksum is another one.";
        writeFileSync(path.join(draft, binary), content, { mode: 0o755 });
        return undefined;
      } catch (error) {
        return messageOf(error);
      }
    },
  });
  return folder === undefined ? undefined : path.join(folder, binary);
}

/** @param {string} url */
async function fetched(url) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(600_000) });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}.`);
  return Buffer.from(await answer.arrayBuffer());
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
