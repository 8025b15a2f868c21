import { existsSync, rmSync } from "node:fs";
import path from "node:path";
import { hashOfFile, machineKind, readJson, spoken, writeJson } from "./files.mjs";
import { withLock } from "./lock.mjs";
import { Problem } from "./problem.mjs";
import { run, tail } from "./run.mjs";

/** @typedef {import("./settings.mjs").Context} Context */

/**
 * @typedef {object} LockedPackage
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [optional]
 * @property {boolean} [devOptional]
 * @property {boolean} [link]
 */

/** @param {string} root */
const recordFile = (root) => path.join(root, "node_modules", ".homelab-bootstrap.json");

/**
 * What node_modules would have been installed from now.
 * @param {string} root
 */
function wanted(root) {
  const lock = path.join(root, "package-lock.json");
  if (!existsSync(lock)) throw new Problem("package-lock.json is missing: this clone is damaged.");
  return { lock: hashOfFile(lock), machine: machineKind };
}

/** @param {string} root */
export function packagesAreCurrent(root) {
  const record = readJson(recordFile(root));
  const now = wanted(root);
  return record?.lock === now.lock && record?.machine === now.machine;
}

/**
 * Whether node_modules holds what the lock file asks for, by the list that npm leaves in it when an install is complete.
 * Somebody who ran `npm ci` or `npm install` need not wait for another one.
 * @param {{ packages?: Record<string, LockedPackage> } | undefined} lock package-lock.json
 * @param {{ packages?: Record<string, LockedPackage> } | undefined} installed node_modules/.package-lock.json
 */
export function isInstalled(lock, installed) {
  if (!lock?.packages || !installed?.packages) return false;
  for (const [place, want] of Object.entries(lock.packages)) {
    if (!place.startsWith("node_modules/") && !place.includes("/node_modules/")) continue; // this package, and linked ones
    const have = installed.packages[place];
    if (!have && !(want.optional || want.devOptional)) return false;
    if (have && (have.version !== want.version || have.integrity !== want.integrity)) return false;
  }
  return Object.keys(installed.packages).every((place) => lock.packages?.[place] !== undefined);
}

/**
 * How to call the npm that is in use: the one that runs this script, else the one on PATH.
 * @param {Record<string, string | undefined>} env
 * @returns {{ command: string, args: string[], shell: boolean }}
 */
export function npmCommand(env) {
  const running = env.npm_execpath;
  // Another package manager sets the same variable to itself.
  if (running && /^npm-cli\.c?js$/.test(path.basename(running)) && existsSync(running)) {
    return { command: process.execPath, args: [running], shell: false };
  }
  return { command: "npm", args: [], shell: process.platform === "win32" };
}

// Install scripts are left out: those of the Pulumi packages would fetch plugins, and nothing here needs them.
const flags = [
  "ci",
  "--ignore-scripts",
  "--include=dev",
  "--no-audit",
  "--no-fund",
  "--prefer-offline",
  "--loglevel=error",
];

/**
 * Installs the npm packages when node_modules is missing, or was installed from another lock file.
 * @param {Context} context
 */
export async function ensurePackages(context) {
  const { root, say, env } = context;
  if (packagesAreCurrent(root)) return;
  const lockFolder = path.join(root, ".rehearsal", "locks", "packages");
  await withLock(lockFolder, say, "installing the npm packages", async () => {
    if (packagesAreCurrent(root)) return;
    const record = recordFile(root);
    const now = wanted(root);
    const installed = readJson(path.join(root, "node_modules", ".package-lock.json"));
    if (!isInstalled(readJson(path.join(root, "package-lock.json")), installed)) {
      const started = Date.now();
      say("Installing the npm packages (usually 10 to 30 s) ...");
      rmSync(record, { force: true });
      const npm = npmCommand(env);
      const done = await run(npm.command, [...npm.args, ...flags], {
        cwd: root,
        env,
        shell: npm.shell,
        doing: "installing the npm packages",
        say,
      });
      if (done.missing) {
        throw new Problem(
          "npm is not on PATH.",
          "It comes with Node: https://nodejs.org. Then run this again.",
        );
      }
      if (done.code !== 0) {
        throw new Problem(
          `npm ci failed:\n${tail(done.output)}`,
          "Check that the npm registry can be reached (npm ping), then run this again.",
        );
      }
      say(`  installed in ${spoken(Date.now() - started)}.`);
    }
    writeJson(record, now);
  });
}
