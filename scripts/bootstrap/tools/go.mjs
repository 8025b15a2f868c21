import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { coerce } from "semver";
import { findOnPath, parsed, spoken } from "../files.mjs";
import { Problem } from "../problem.mjs";
import { run, tail } from "../run.mjs";
import { goLine } from "../pins.mjs";

/** @typedef {import("../settings.mjs").Context} Context */

/**
 * Whether an installed Go can build something that asks for a version. Since 1.21 a Go fetches the toolchain that a
 * go.mod asks for, unless it is told to stay local.
 * @param {string} installed as `go env GOVERSION` has it
 * @param {string} toolchain as `go env GOTOOLCHAIN` has it
 * @param {string} asked
 */
export function goCanBuild(installed, toolchain, asked) {
  const have = coerce(installed);
  const want = coerce(asked);
  if (!have || !want || have.compare(want) >= 0) return true; // a development version may have no number
  return have.compare("1.21.0") >= 0 && (toolchain === "" || toolchain.includes("auto"));
}

/**
 * The environment of a build: from the pinned versions only, for this machine, and without a C compiler.
 * @param {Record<string, string | undefined>} env
 */
export function goEnvironment(env) {
  /** @type {Record<string, string | undefined>} */
  const own = { ...env, GOFLAGS: "-mod=readonly", GOWORK: "off", CGO_ENABLED: "0" };
  // A person who builds for other machines may have these set for good.
  delete own.GOOS;
  delete own.GOARCH;
  return own;
}

/**
 * @param {Context} context
 * @param {string} folder of the go.mod
 * @param {string} what
 * @returns {Promise<string>} the path of go
 */
async function findGo({ env }, folder, what) {
  const asked = goLine(readFileSync(path.join(folder, "go.mod"), "utf8"));
  const remedy = `Install Go ${asked} or newer from https://go.dev/dl/ or with your package manager, then run this again.`;
  const go = findOnPath("go", env);
  if (!go) throw new Problem(`Go is needed to build ${what}, and it is not on PATH.`, remedy);
  // Asked in a folder without a go.mod: there it answers for itself, and does not fetch another toolchain.
  const told = await run(go, ["env", "-json", "GOVERSION", "GOTOOLCHAIN"], {
    cwd: tmpdir(),
    env: goEnvironment(env),
    timeout: 30_000,
  });
  const about = parsed(told.stdout);
  if (told.code !== 0 || !about) throw new Problem(`${go} does not work:\n${tail(told.output)}`, remedy);
  const { GOVERSION = "", GOTOOLCHAIN = "" } = about;
  if (!goCanBuild(GOVERSION, GOTOOLCHAIN, asked)) {
    throw new Problem(`Go ${asked} is needed to build ${what}, and ${go} is ${GOVERSION}.`, remedy);
  }
  return go;
}

/**
 * Builds one program, and says how long that takes.
 * @param {Context} context
 * @param {object} build
 * @param {string} build.folder of the go.mod
 * @param {string} build.package
 * @param {string} build.out
 * @param {string} build.what what it is, for people
 * @param {string} build.usually how long it takes
 * @param {string} [build.ldflags]
 */
export async function goBuild(context, { folder, package: pkg, out, what, usually, ldflags = "" }) {
  const { say, env } = context;
  const go = await findGo(context, folder, what);
  const started = Date.now();
  say(`Building ${what} with Go, once (usually ${usually}) ...`);
  const args = [
    "build",
    "-trimpath",
    "-buildvcs=false",
    "-ldflags",
    `-s -w ${ldflags}`.trim(),
    "-o",
    out,
    pkg,
  ];
  const done = await run(go, args, { cwd: folder, env: goEnvironment(env), doing: `building ${what}`, say });
  if (done.code !== 0) {
    throw new Problem(
      `Building ${what} failed:\n${tail(done.output)}`,
      "If it could not fetch a module, check that the Go module proxy can be reached (go env GOPROXY). " +
        "Modules that were fetched are kept, so running this again goes on from there.",
    );
  }
  say(`  built in ${spoken(Date.now() - started)}.`);
}
