import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

/**
 * What a file looked like, to notice later that it is another one without reading it. Undefined when there is none.
 * @param {string} file
 */
export function stamp(file) {
  const found = statSync(file, { throwIfNoEntry: false });
  return found?.isFile() ? `${found.mtimeMs}:${found.size}` : undefined;
}

/** @param {string | Buffer} content */
export function hash(content) {
  return createHash("sha256").update(content).digest("hex");
}

/** @param {string} file */
export function hashOfFile(file) {
  return hash(readFileSync(file));
}

/**
 * The key of a Go program of ours: what it is built from, and how. Tests are no part of it.
 * @param {string} folder
 * @param {string[]} how anything else that the result depends on
 */
export function sourceKey(folder, ...how) {
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /^go\.(mod|sum)$/.test(name) || (name.endsWith(".go") && !name.endsWith("_test.go")))
    .sort()
    .map((name) => [name, hashOfFile(path.join(folder, name))]);
  return hash(JSON.stringify([sources, how])).slice(0, 16);
}

/** Binaries of several kinds of machine may share one cache, in a home on a server. */
export const machineKind = `${process.platform}-${process.arch}`;

/**
 * The name of a program's file on this machine.
 * @param {string} name
 */
export function program(name) {
  return process.platform === "win32" ? `${name}.exe` : name;
}

/**
 * The first program of that name on PATH. Folders of npm packages are passed over: npm puts them there for its scripts.
 * @param {string} name
 * @param {Record<string, string | undefined>} env
 */
export function findOnPath(name, env) {
  for (const folder of (env.PATH ?? env.Path ?? "").split(path.delimiter)) {
    if (!folder || folder.includes("node_modules")) continue;
    const file = path.resolve(folder, program(name));
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.isFile() && (process.platform === "win32" || (found.mode & 0o111) !== 0)) return file;
  }
  return undefined;
}

/**
 * What a JSON text says; undefined when it is none.
 * @param {string} text
 * @returns {any}
 */
export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The JSON of a file; undefined when it is missing or no JSON.
 * @param {string} file
 * @returns {any}
 */
export function readJson(file) {
  try {
    return parsed(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/**
 * Writes a file whole or not at all.
 * @param {string} file
 * @param {unknown} value
 */
export function writeJson(file, value) {
  mkdirSync(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, `${JSON.stringify(value, undefined, 2)}\n`);
  renameSync(draft, file);
}

/**
 * @param {number} milliseconds
 */
export function spoken(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
