import { createHash } from "node:crypto";
import { chmodSync, closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import { extract, list } from "tar";
import { cached } from "./cache.mjs";
import { spoken } from "../files.mjs";
import { Problem, messageOf } from "../problem.mjs";
import { pinnedChecksum, releaseOf, versionOfTool } from "./releases.mjs";

/** @typedef {import("../settings.mjs").Context} Context */

/** More than any of these files has: a server that never stops sending does not fill the disk. */
const largest = 1024 * 1024 * 1024;

/**
 * Downloads a release's file into the cache and checks it against its pinned SHA-256, or says why it cannot be had. A download is
 * never the only way but where HOMELAB_TOOLCHAIN asks for it, so its failure is an error only there. A file that is not what it
 * should be is always one: somebody is at work, or a disk or a line is broken.
 * @param {Context} context
 * @param {object} wanted
 * @param {import("./releases.mjs").Tool} wanted.tool
 * @param {string} wanted.what what it is, as it begins a sentence: "The Pulumi CLI"
 * @param {string} wanted.size how large it is, in words
 * @param {string} wanted.remedy what a person can do who asked for a download only
 * @param {string} wanted.kind of the entry in the cache
 * @param {string} wanted.key of the entry in the cache
 * @param {string} wanted.program where in the entry the program has to be; a release that is no archive becomes that file
 * @returns {Promise<string | undefined>} its folder; undefined when it cannot be had and another way is left
 */
export async function downloaded(context, { tool, what, size, remedy, kind, key, program }) {
  const { root, pins, say, way } = context;
  const version = versionOfTool(pins, tool);
  /** @param {string} why @param {string} [todo] */
  const giveUp = (why, todo = remedy) => {
    const text = `${what} cannot be downloaded: ${why}`;
    if (way === "download") throw new Problem(text, todo);
    say(text);
    return undefined;
  };
  const release = releaseOf(tool, version);
  const file = release.file(process.platform, process.arch);
  if (!file) return giveUp(`there is no release of it for ${process.platform}-${process.arch}.`);
  const sum = pinnedChecksum(root, tool, version, file);
  if (sum === undefined) {
    return giveUp(
      `this clone has no checksum of ${file} to check it against.`,
      `Fill it in with \`node scripts/update-checksums.mjs\` and look at what it wrote, or set HOMELAB_TOOLCHAIN=build: ` +
        "what is built is checked by Go's checksums.",
    );
  }
  const base = context.releases?.[tool] ?? release.base;
  if (!(await context.reachable(base))) return giveUp(`${new URL(base).host} cannot be reached.`);
  /** @type {string | undefined} */
  let failed;
  const folder = await cached(context, {
    kind,
    key,
    files: [program],
    doing: `downloading ${what.replace(/^The /, "the ")}`,
    make: async (draft) => {
      const started = Date.now();
      say(`Downloading ${what.replace(/^The /, "the ")} ${version} (${size}) ...`);
      const archive = path.join(draft, file);
      try {
        const found = await fetchInto(`${base}/${file}`, archive);
        if (found !== sum) throw new Problem(otherThanPinned(`${base}/${file}`, found, sum), tampered);
        await place(archive, path.join(draft, program));
      } catch (error) {
        if (!(error instanceof Problem)) failed = messageOf(error);
        throw error;
      }
      say(`  downloaded and checked in ${spoken(Date.now() - started)}.`);
    },
  }).catch((error) => {
    if (failed === undefined) throw error;
    return undefined;
  });
  return folder ?? giveUp(failed ?? "");
}

const tampered =
  "It was thrown away, and nothing of it was run. Try again; if it stays so, something between you and the server changes what you " +
  "download: set HOMELAB_TOOLCHAIN=build, and tell the project.";

/** @param {string} url @param {string} found @param {string} pinned */
function otherThanPinned(url, found, pinned) {
  return `${url} is not the file that this clone was made for: its SHA-256 is\n    ${found}, and must be\n    ${pinned}.`;
}

/**
 * @param {string} url
 * @param {string} file written as it comes
 * @returns {Promise<string>} its SHA-256
 */
async function fetchInto(url, file) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(600_000) });
  if (!answer.ok || !answer.body) throw new Error(`${url} answers ${answer.status}.`);
  const sum = createHash("sha256");
  const out = openSync(file, "wx", 0o600);
  let length = 0;
  try {
    for await (const chunk of answer.body) {
      length += chunk.length;
      if (length > largest) throw new Error(`${url} sends more than 1 GiB.`);
      sum.update(chunk);
      writeSync(out, chunk);
    }
  } catch (error) {
    throw new Error(`${url} broke off: ${messageOf(error)}.`, { cause: error });
  } finally {
    closeSync(out);
  }
  return sum.digest("hex");
}

/**
 * Puts a checked file where the program belongs: an archive's files go into the program's folder.
 * @param {string} file
 * @param {string} to
 */
async function place(file, to) {
  const folder = path.dirname(to);
  mkdirSync(folder, { recursive: true });
  if (!file.endsWith(".tar.gz")) {
    renameSync(file, to);
    chmodSync(to, 0o755);
    return;
  }
  await unpack(file, folder);
  rmSync(file);
}

/**
 * Unpacks an archive's plain files beside each other. Nothing can get out of the folder: names are looked at first, and what is no
 * file or folder (links above all) is refused.
 * @param {string} archive
 * @param {string} folder
 */
export async function unpack(archive, folder) {
  /** @type {import("tar").ReadEntry[]} */
  const entries = [];
  await list({ file: archive, strict: true, onReadEntry: (entry) => void entries.push(entry) });
  const problem = entries.map(whyRefused).find((each) => each !== undefined);
  if (problem !== undefined)
    throw new Problem(`${path.basename(archive)} holds ${problem}: it was not unpacked.`);
  // Pulumi's archive has one folder around everything.
  const around = entries.every((entry) => entry.path.startsWith("pulumi/"));
  await extract({ file: archive, cwd: folder, strict: true, strip: around ? 1 : 0 });
}

/** @param {import("tar").ReadEntry} entry */
function whyRefused({ path: name, type }) {
  if (!/^(Old|Contiguous)?File$|^Directory$/.test(type)) return "a link or a device";
  const outside = name.startsWith("/") || name.includes("\\") || name.split("/").includes("..");
  return outside ? `${JSON.stringify(name)}, which leads out of its folder` : undefined;
}
