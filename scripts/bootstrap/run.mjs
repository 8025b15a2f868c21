import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { spoken } from "./files.mjs";

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
/** @type {Set<string>} */
const halfMade = new Set();

/**
 * Has a folder removed when this process ends before it was finished.
 * @param {string} folder
 * @returns {() => void} call it when the folder is finished or gone
 */
export function removeAtExit(folder) {
  watchForEnd();
  halfMade.add(folder);
  return () => void halfMade.delete(folder);
}

let watching = false;

function watchForEnd() {
  if (watching) return;
  watching = true;
  process.on("exit", () => {
    for (const child of running) child.kill("SIGTERM");
    for (const folder of halfMade) rmSync(folder, { recursive: true, force: true });
  });
  // Turned into an ordinary exit, so that the above happens. 128 + the signal's number is what a shell would report.
  for (const [signal, code] of /** @type {const} */ ([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ])) {
    process.on(signal, () => process.exit(code));
  }
}

/**
 * @typedef {object} Finished
 * @property {number | null} code the exit code; null when it could not be started or was ended
 * @property {boolean} missing there is no such program
 * @property {boolean} timedOut
 * @property {string} stdout
 * @property {string} output stdout and stderr as they came, the last 64 kB
 */

/**
 * @typedef {object} Step
 * @property {string} [cwd]
 * @property {Record<string, string | undefined>} [env]
 * @property {string} [input] for its standard input
 * @property {number} [timeout] in milliseconds
 * @property {boolean} [shell]
 * @property {string} [doing] says that it is still at it, every half minute
 * @property {(line: string) => void} [say]
 * @property {number} [every] milliseconds between those lines
 */

/**
 * Runs a program to its end, and never rejects.
 * @param {string} command
 * @param {string[]} args
 * @param {Step} [step]
 * @returns {Promise<Finished>}
 */
export function run(command, args, step = {}) {
  watchForEnd();
  const started = Date.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: step.cwd,
      env: /** @type {NodeJS.ProcessEnv} */ (step.env ?? process.env),
      stdio: ["pipe", "pipe", "pipe"],
      shell: step.shell ?? false,
      windowsHide: true,
    });
    running.add(child);
    let stdout = "";
    let output = "";
    let timedOut = false;
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout = (stdout + text).slice(-65536);
      output = (output + text).slice(-65536);
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      output = (output + text).slice(-65536);
    });
    child.stdin.on("error", () => {}); // it may end without reading
    child.stdin.end(step.input ?? "");
    const ticking =
      step.doing &&
      setInterval(
        () => step.say?.(`  still ${step.doing}: ${spoken(Date.now() - started)}`),
        step.every ?? 30_000,
      );
    const limit =
      step.timeout &&
      setTimeout(() => {
        timedOut = true;
        child.kill("SIGKILL");
      }, step.timeout);
    let over = false;
    /** @param {number | null} code @param {boolean} missing */
    const finish = (code, missing) => {
      if (over) return;
      over = true;
      running.delete(child);
      if (ticking) clearInterval(ticking);
      if (limit) clearTimeout(limit);
      resolve({ code, missing, timedOut, stdout, output });
    };
    child.on("error", (error) => {
      output += error.message;
      finish(null, /** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT");
    });
    child.on("close", (code) => finish(code, false));
  });
}

/**
 * The end of a program's output, for a message.
 * @param {string} output
 * @param {number} [lines]
 */
export function tail(output, lines = 15) {
  return output
    .trimEnd()
    .split("\n")
    .filter((line) => line.trim() && !line.startsWith("go: downloading"))
    .slice(-lines)
    .map((line) => `    ${line}`)
    .join("\n");
}

/**
 * Whether a server answers at all, within a few seconds: without a network a download would cost minutes of retries.
 * @param {string} url
 * @param {number} [limit] milliseconds
 */
export async function reachable(url, limit = 3000) {
  try {
    await fetch(url, { method: "HEAD", redirect: "manual", signal: AbortSignal.timeout(limit) });
    return true;
  } catch {
    return false;
  }
}
