import { realpathSync, statSync } from "node:fs";
import path from "node:path";
import { Problem, codeOf, messageOf } from "../problem.mjs";

const sticky = 0o1000;
const groupWritable = 0o020;
const othersWritable = 0o002;

/**
 * Why somebody else could have put a file or folder where it is, or could change it: it or a folder above it, up to the home folder,
 * belongs to another user than this one or root, or others may write in it. Undefined when it is this user's alone. A sticky folder
 * such as /tmp may be above: what is in it can be replaced by its owner only.
 * @param {string} file has to exist
 * @param {string} home
 * @returns {string | undefined}
 */
export function whyNotOurs(file, home) {
  const me = process.getuid?.();
  if (me === undefined) return undefined; // Windows: a user's folders are the user's
  const top = existing(home);
  const itself = realpathSync(file);
  for (let at = itself; ; at = path.dirname(at)) {
    const { uid, gid, mode } = statSync(at);
    if (uid !== me && uid !== 0) return `${at} belongs to another user (number ${uid})`;
    // Many systems give each user a group of the same number, in which nobody else is.
    const open =
      (mode & othersWritable) !== 0 || ((mode & groupWritable) !== 0 && !(gid === uid || gid === 0));
    if (open && ((mode & sticky) === 0 || at === itself)) return `others may write in ${at}`;
    if (at === top || at === path.dirname(at)) return undefined;
  }
}

/** @param {string} folder */
function existing(folder) {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

/**
 * Refuses a place that somebody else could have put programs in: they would be run as this user.
 * @param {string} file
 * @param {string} home
 * @param {string} what as it begins a sentence
 * @param {string} remedy
 */
export function refuseForeign(file, home, what, remedy) {
  let why;
  try {
    why = whyNotOurs(file, home);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return; // nothing there, nothing to run
    throw new Problem(`${what} ${file} cannot be looked at: ${messageOf(error)}`, remedy);
  }
  if (why !== undefined)
    throw new Problem(`${what} ${file} is not used: ${why}, and what is in it would be run as you.`, remedy);
}
