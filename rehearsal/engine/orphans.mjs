// Finds and ends processes that outlived the run that started them. They are told by a mark in their environment, which every
// process inherits that a run starts, and by their ancestry: never by a name, for other runs have programs of the same names.
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { statFields } from "../../scripts/bootstrap/processes.mjs";

/** The variable that marks what a run started. */
export const RUN_VARIABLE = "HOMELAB_REHEARSAL_RUN";

/**
 * @typedef {object} Process
 * @property {number} pid
 * @property {number} parent
 * @property {string} start tells it from a later process of the same number
 * @property {boolean} marked
 */

/**
 * The marked processes that no longer descend from the process that marked them.
 * @param {Process[]} processes
 * @param {number} root that process
 */
export function orphansOf(processes, root) {
  const parents = new Map(processes.map(({ pid, parent }) => [pid, parent]));
  /** @param {number | undefined} pid */
  const descends = (pid) => {
    for (let seen = 0; pid !== undefined && pid > 0 && seen < 1000; seen++, pid = parents.get(pid))
      if (pid === root) return true;
    return false;
  };
  return processes.filter(({ pid, marked }) => marked && !descends(pid));
}

/**
 * Every process that can be seen, and whether it has the mark. Empty where the system tells nothing about environments.
 * @param {string} run
 * @returns {Process[]}
 */
function list(run) {
  const mark = `${RUN_VARIABLE}=${run}`;
  if (process.platform === "win32") return [];
  if (process.platform !== "linux") return listByPs(mark);
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const { state, parent, start = "" } = statFields(name);
      return state === "Z" ? [] : [{ pid: Number(name), parent, start, marked: hasMark(name, mark) }];
    } catch {
      return []; // it ended meanwhile
    }
  });
}

/** @param {string} pid @param {string} mark */
function hasMark(pid, mark) {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(mark);
  } catch {
    return false; // somebody else's
  }
}

/** BSD's ps, macOS's too, appends the environment with `e`. @param {string} mark @returns {Process[]} */
function listByPs(mark) {
  const { stdout } = spawnSync("ps", ["axeww", "-o", "pid=,ppid=,lstart=,command="], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  return (stdout ?? "").split("\n").flatMap((line) => {
    const found = /^\s*(\d+)\s+(\d+)\s+(\w+ +\w+ +\w+ +[\d:]+ +\d+)(.*)$/.exec(line);
    if (!found) return [];
    const [, pid, parent, start = "", rest = ""] = found;
    return [{ pid: Number(pid), parent: Number(parent), start, marked: rest.split(" ").includes(mark) }];
  });
}

/** Milliseconds that a process has to end by itself once it is told to. */
const PATIENCE = 3000;

/**
 * Ends what a run left behind, politely at first. Does nothing where there is nothing.
 * @param {string} run the mark
 * @param {number} root the process that marked them; what still descends from it is left alone
 * @returns {Promise<number>} how many there were
 */
export async function endOrphans(run, root) {
  const found = new Set();
  for (let passed = 0; ; passed += 200) {
    const orphans = orphansOf(list(run), root);
    if (orphans.length === 0) return found.size;
    for (const { pid, start } of orphans) {
      const name = `${pid} ${start}`;
      if (!found.has(name)) signal(pid, "SIGTERM");
      else if (passed >= PATIENCE) signal(pid, "SIGKILL");
      found.add(name);
    }
    if (passed > 2 * PATIENCE) return found.size; // one that even that does not end hangs in the kernel
    await sleep(200);
  }
}

/** @param {number} pid @param {NodeJS.Signals} name */
function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // it has ended
  }
}
