import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { withLock } from "../lock.mjs";
import { refuseForeign } from "./ours.mjs";
import { Problem, messageOf } from "../problem.mjs";
import { removeAtExit } from "../run.mjs";

/** @typedef {import("../settings.mjs").Context} Context */

const draftMark = ".draft-";
const day = 24 * 60 * 60 * 1000;

/**
 * The folder of something in the cache.
 * @param {string} cache
 * @param {string} kind
 * @param {string} key
 */
export function entryFolder(cache, kind, key) {
  return path.join(cache, kind, key);
}

/**
 * Whether the cache has it. A folder gets its name only when it is complete; files may have been removed since.
 * @param {string} folder
 * @param {string[]} files what must be in it
 */
export function isComplete(folder, files) {
  return files.every((file) => existsSync(path.join(folder, file)));
}

/**
 * The cache's programs are run: one that others can put programs in is refused. Its folders and entries are looked at alike; what lies
 * deeper is in nobody else's reach then.
 * @param {Pick<Context, "cache" | "home">} context
 */
export function refuseForeignCache({ cache, home }) {
  const remedy =
    "Remove it if nobody needs it, or set HOMELAB_CACHE to a folder of your own that nobody else may write in.";
  const folders = [cache, ...below(cache), ...below(cache).flatMap(below)];
  for (const folder of folders) refuseForeign(folder, home, "The cache folder", remedy);
}

/** @param {string} folder */
function below(folder) {
  try {
    return readdirSync(folder).map((name) => path.join(folder, name));
  } catch {
    return [];
  }
}

/**
 * Finds something in the cache, or makes it: in a folder of another name, renamed when `make` has returned. An
 * interrupted `make` leaves nothing that could be taken for the thing, and two processes do not make it twice.
 * @param {Pick<Context, "cache" | "say">} context
 * @param {object} entry
 * @param {string} entry.kind
 * @param {string} entry.key
 * @param {string[]} entry.files what must be in it
 * @param {string} entry.doing what the making is called, in words
 * @param {(draft: string) => Promise<void>} entry.make
 * @returns {Promise<string>} its folder
 */
export async function cached({ cache, say }, { kind, key, files, doing, make }) {
  const folder = entryFolder(cache, kind, key);
  if (isComplete(folder, files)) return folder;
  try {
    mkdirSync(path.dirname(folder), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Problem(
      `The cache folder ${cache} cannot be made: ${messageOf(error)}`,
      "Set HOMELAB_CACHE to a folder that you may write to.",
    );
  }
  return withLock(path.join(cache, "locks", `${kind}-${key}.lock`), say, doing, async () => {
    if (isComplete(folder, files)) return folder;
    removeDrafts(path.dirname(folder), key);
    const draft = path.join(path.dirname(folder), `${draftMark}${key}-${process.pid}-${Date.now()}`);
    const finished = removeAtExit(draft);
    try {
      mkdirSync(draft);
      await make(draft);
      const absent = files.filter((file) => !existsSync(path.join(draft, file)));
      if (absent.length > 0) throw new Problem(`${doing} did not make ${absent.join(", ")}.`);
      rmSync(folder, { recursive: true, force: true }); // it was not complete
      try {
        renameSync(draft, folder);
      } catch (error) {
        // A machine that slept may have lost its lock to another process, which has made the same thing.
        if (!isComplete(folder, files)) throw error;
      }
    } finally {
      finished();
      rmSync(draft, { recursive: true, force: true });
    }
    return folder;
  });
}

/**
 * Removes what killed processes left half-made. The lock's holder is the only one at work on its key; another key's draft
 * may be in the making, and is left alone for a day.
 * @param {string} folder
 * @param {string} key
 */
function removeDrafts(folder, key) {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(draftMark)) continue;
    const draft = path.join(folder, name);
    const touched = statSync(draft, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (!name.startsWith(`${draftMark}${key}-`) && Date.now() - touched < day) continue;
    try {
      rmSync(draft, { recursive: true, force: true });
    } catch {
      // a compiler that outlived its bootstrap still writes to it: the next one will clear it away
    }
  }
}
