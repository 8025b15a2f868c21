import {
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { randomUUID } from "node:crypto";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hash, parsed } from "./files.mjs";
import { Problem, codeOf, messageOf } from "./problem.mjs";
import { removeAtExit } from "./run.mjs";
import { here, startOf } from "./processes.mjs";

// A lock is a file that says who holds it. It is written under a private name and linked to its own, so that it is there
// whole or not at all, and so that one of many gets it. Its holder touches it every few seconds, for other hosts.
const heartbeat = 3_000;
const staleAfter = 20_000;

/**
 * @typedef {object} Owner
 * @property {number} pid
 * @property {string} [host] with the process namespace that the number counts in
 * @property {string} [started] when the process started, as the system tells it; a number alone may be another's by now
 * @property {string} token
 * @property {string} [run] what marks the processes of that run
 */

/**
 * @typedef {object} Held
 * @property {true} held
 * @property {Owner[]} tookOver those whose lock was taken away, because they are gone; empty owners of damaged locks included
 * @property {() => void} release
 */

/** @typedef {{ held: false, holder: Owner }} Busy */

/**
 * Whether the holder of a lock is gone.
 * @param {Owner | undefined} owner undefined when the file names none: no lock of ours is ever like that, so it is damaged
 * @param {number} age milliseconds since its last sign of life
 * @param {{ host: string, startOf: (pid: number) => string | undefined }} system `startOf` gives undefined for a process that
 *   is none, and an empty text where the system does not tell
 */
export function isStale(owner, age, system) {
  if (!owner) return true;
  // A lock of an earlier version names no host; it was never meant for others.
  if (owner.host !== undefined && owner.host !== system.host) return age > staleAfter;
  const started = system.startOf(owner.pid);
  if (started === undefined) return true;
  return owner.started && started ? owner.started !== started : age > staleAfter;
}

/**
 * Takes a lock, or says who has it.
 * @param {string} file
 * @param {{ run?: string }} [note] kept in the lock
 * @returns {Held | Busy}
 */
export function tryLock(file, note = {}) {
  /** @type {Owner} */
  const me = {
    pid: process.pid,
    host: here(),
    started: startOf(process.pid) ?? "",
    token: randomUUID(),
    ...note,
  };
  const mine = `${file}.${me.token}`;
  /** @type {Owner[]} */
  const tookOver = [];
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(mine, JSON.stringify(me), { flag: "wx", mode: 0o600 });
  try {
    for (;;) {
      if (linked(mine, file)) return hold(file, tookOver);
      const seen = look(file);
      if (!seen) continue; // given back just now
      if (!isStale(seen.owner, seen.age, { host: here(), startOf }))
        return { held: false, holder: ownerOr(seen.owner) };
      // Removing it is a job for one, and for exactly the file that was seen: whoever looks at it later must not remove the
      // lock of the one who was quicker. Nobody else changes a stale lock, so it is still that one under this claim or never.
      const claim = tryLock(`${file}.after-${hash(seen.text).slice(0, 16)}`);
      if (!claim.held) return claim;
      try {
        if (look(file)?.text === seen.text) {
          unlinkSync(file);
          tookOver.push(ownerOr(seen.owner));
        }
      } finally {
        claim.release();
      }
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** @param {Owner | undefined} owner @returns {Owner} */
const ownerOr = (owner) => owner ?? { pid: 0, host: "", token: "" };

/** @param {string} mine @param {string} file */
function linked(mine, file) {
  try {
    linkSync(mine, file);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw new Problem(`Cannot make the lock ${file}: ${messageOf(error)}`);
  }
}

/** @param {string} file */
function look(file) {
  try {
    const text = readFileSync(file, "utf8");
    const owner = parsed(text);
    const age = Date.now() - statSync(file).mtimeMs;
    return {
      text,
      age,
      owner: /** @type {Owner | undefined} */ (Number.isInteger(owner?.pid) ? owner : undefined),
    };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new Problem(`Cannot read the lock ${file}: ${messageOf(error)}`);
  }
}

/**
 * @param {string} file
 * @param {Owner[]} tookOver
 * @returns {Held}
 */
function hold(file, tookOver) {
  const beating = setInterval(() => {
    try {
      utimesSync(file, new Date(), new Date());
    } catch {
      // somebody removed the folder: the work will find out
    }
  }, heartbeat).unref();
  const release = () => {
    clearInterval(beating);
    rmSync(file, { force: true });
  };
  return { held: true, tookOver, release };
}

/**
 * Does something that only one process may do at a time.
 * @template T
 * @param {string} file the lock
 * @param {(line: string) => void} say told once when another process holds it
 * @param {string} what what is being waited for, in words
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, say, what, work) {
  let taken = tryLock(file);
  for (let told = false; !taken.held; taken = tryLock(file)) {
    if (!told) say(`Waiting for another bootstrap (process ${taken.holder.pid}) that is ${what} ...`);
    told = true;
    await sleep(200);
  }
  const finished = removeAtExit(file);
  try {
    return await work();
  } finally {
    finished();
    taken.release();
  }
}
