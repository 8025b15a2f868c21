import { randomUUID } from "node:crypto";
import { mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readJson } from "./files.mjs";
import { Problem, codeOf } from "./problem.mjs";
import { removeAtExit } from "./run.mjs";

// A lock is a folder: making one is atomic everywhere, on a network drive too. Its holder touches it every few seconds,
// so that one whose holder was killed is seen to be stale; on the same host a dead holder is seen at once.
const heartbeat = 3_000;
const staleAfter = 20_000;

/**
 * @typedef {object} Owner
 * @property {number} pid
 * @property {string} host
 * @property {string} token
 */

/**
 * Whether the holder of a lock is gone.
 * @param {Owner | undefined} owner undefined when the lock does not say (yet) who holds it
 * @param {number} age milliseconds since its last sign of life
 * @param {{ host: string, alive: (pid: number) => boolean }} here
 */
export function isStale(owner, age, here) {
  if (age > staleAfter) return true;
  if (!owner) return false;
  return owner.host === here.host && !here.alive(owner.pid);
}

/** @param {number} pid */
function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM"; // somebody else's process, but one
  }
}

/**
 * Does something that only one process may do at a time.
 * @template T
 * @param {string} folder the lock
 * @param {(line: string) => void} say told once when another process holds it
 * @param {string} what what is being waited for, in words
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(folder, say, what, work) {
  /** @type {Owner} */
  const me = { pid: process.pid, host: hostname(), token: randomUUID() };
  const ownerFile = path.join(folder, "owner.json");
  mkdirSync(path.dirname(folder), { recursive: true });
  for (let told = false; ;) {
    try {
      mkdirSync(folder);
      break;
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw new Problem(`Cannot make ${folder}: ${String(error)}`);
    }
    const owner = readJson(ownerFile);
    const touched = statSync(folder, { throwIfNoEntry: false })?.mtimeMs;
    if (touched !== undefined && isStale(owner, Date.now() - touched, { host: me.host, alive })) {
      takeAway(folder, owner, ownerFile);
      continue;
    }
    if (!told && owner) {
      say(`Waiting for another bootstrap (process ${owner.pid}) that is ${what} ...`);
      told = true;
    }
    await sleep(200);
  }
  const finished = removeAtExit(folder);
  writeFileSync(ownerFile, JSON.stringify(me));
  const beating = setInterval(() => {
    try {
      utimesSync(folder, new Date(), new Date());
    } catch {
      // somebody removed the cache: the work will find out
    }
  }, heartbeat);
  try {
    return await work();
  } finally {
    clearInterval(beating);
    finished();
    if (readJson(ownerFile)?.token === me.token) rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Removes a stale lock. Of several that try, one renames it; it must still be the lock that was found stale.
 * @param {string} folder
 * @param {Owner | undefined} seen
 * @param {string} ownerFile
 */
function takeAway(folder, seen, ownerFile) {
  if (readJson(ownerFile)?.token !== seen?.token) return;
  const aside = `${folder}.${randomUUID()}`;
  try {
    renameSync(folder, aside);
  } catch {
    return; // another process was first
  }
  rmSync(aside, { recursive: true, force: true });
}
