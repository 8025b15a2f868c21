import { spawnSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { codeOf } from "./problem.mjs";

/** Where a process number means the same process: this host, and on Linux this process namespace, of which containers have one each. */
export function here() {
  try {
    return `${hostname()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return hostname();
  }
}

/**
 * When a process started, in the system's own words. Together with its number that names one process for good.
 * @param {number} pid
 * @returns {string | undefined} undefined when there is no such process (a dead one that nobody has asked after is none); empty
 *   where the system does not tell
 */
export function startOf(pid) {
  let own = true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) !== "EPERM") return undefined;
    own = false; // somebody else's process, but one; the system may not show it
  }
  if (process.platform === "win32") return "";
  if (process.platform !== "linux") {
    const told = spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], {
      encoding: "utf8",
      env: { LC_ALL: "C", PATH: process.env.PATH },
    });
    return told.stdout?.trim() ?? "";
  }
  try {
    const fields = statFields(pid);
    return fields.state === "Z" ? undefined : fields.start;
  } catch (error) {
    return own && (codeOf(error) === "ENOENT" || codeOf(error) === "ESRCH") ? undefined : "";
  }
}

/**
 * From Linux's /proc/PID/stat (proc_pid_stat(5)). The name, the second field, may hold blanks and brackets.
 * @param {number | string} pid
 */
export function statFields(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const after = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { state: after[0], parent: Number(after[1]), start: after[19] };
}
