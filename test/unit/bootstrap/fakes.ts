import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { Context } from "../../../scripts/bootstrap/settings.mjs";
import { readPins } from "../../../scripts/bootstrap/pins.mjs";

export const repository = fileURLToPath(new URL("../../..", import.meta.url));

/** A folder of its own for a test. */
export function scratch(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "bootstrap-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A program that is a shell script. */
export function script(file: string, ...lines: string[]): string {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, ["#!/bin/sh", ...lines, ""].join("\n"));
  chmodSync(file, 0o755);
  return file;
}

/**
 * A stand-in for go, which notes what it is asked to build, and "builds" a script that answers like the real program.
 * It lists builds in $log, waits while $slow exists, and fails while $broken exists.
 */
export function fakeGo(folder: string, version = "go1.26.0") {
  const log = path.join(folder, "go.log");
  const slow = path.join(folder, "slow");
  const broken = path.join(folder, "broken");
  const program = [
    "#!/bin/sh",
    'case "$1" in',
    `version) [ "$2" = --client ] && echo Talos v1.12.0 || echo v3.245.0 ;;`,
    `schema) for last; do :; done; echo {} > "$last/schema.json"; echo {} > "$last/bridge-metadata.json" ;;`,
    `*) cat > /dev/null; echo '{"id":1,"result":{"machinery":"v1"}}' ;;`,
    "esac",
  ];
  script(
    path.join(folder, "go"),
    `if [ "$1" = env ]; then echo '{"GOVERSION":"${version}","GOTOOLCHAIN":"local"}'; exit 0; fi`,
    `while [ "$1" != -o ]; do shift; done`,
    `echo "$(basename "$PWD")" >> ${log}`,
    `mkdir -p "$(dirname "$2")" && echo half > "$2.half"`,
    `while [ -e ${slow} ]; do sleep 0.05; done`,
    `if [ -e ${broken} ]; then echo "some/file.go:1: undefined: x" >&2; exit 1; fi`,
    `cat > "$2" <<'PROGRAM'`,
    ...program,
    "PROGRAM",
    `chmod +x "$2"`,
    `rm "$2.half"`,
  );
  return {
    slow,
    broken,
    /** The folders that were built, in order; forgets them. */
    builds(): string[] {
      try {
        return readFileSync(log, "utf8").trim().split("\n");
      } catch {
        return [];
      } finally {
        rmSync(log, { force: true });
      }
    },
  };
}

/** A folder for PATH with the few commands that the scripts here use, so that nothing installed on this machine is found. */
function commands(folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const name of ["basename", "cat", "chmod", "cp", "dirname", "mkdir", "rm", "sleep"]) {
    const file = ["/usr/bin", "/bin"].map((place) => path.join(place, name)).find((one) => existsSync(one));
    if (file) symlinkSync(file, path.join(folder, name));
  }
  return folder;
}

/** A clone with its packages installed, in a folder of its own, on a machine where nothing is installed but a fake Go. */
export function fakeMachine(way: Context["way"] = "build") {
  const folder = scratch();
  const root = path.join(folder, "clone");
  mkdirSync(path.join(root, "node_modules"), { recursive: true });
  for (const file of ["package.json", "tools", "scripts"]) {
    cpSync(path.join(repository, file), path.join(root, file), { recursive: true });
  }
  for (const name of ["semver", "tar", "zod"])
    symlinkSync(path.join(repository, "node_modules", name), path.join(root, "node_modules", name));
  const packages = { "": {}, "node_modules/one": { version: "1.0.0", integrity: "sha512-1" } };
  writeFileSync(path.join(root, "package-lock.json"), JSON.stringify({ packages }));
  writeFileSync(path.join(root, "node_modules", ".package-lock.json"), JSON.stringify({ packages }));
  const bin = path.join(folder, "bin");
  const go = fakeGo(bin);
  const said: string[] = [];
  const asked: string[] = [];
  const context: Context = {
    root,
    cache: path.join(folder, "cache"),
    home: path.join(folder, "home"),
    env: { PATH: `${bin}:${commands(path.join(folder, "commands"))}` },
    way,
    pins: readPins(root),
    say: (line) => said.push(line),
    reachable: (url) => {
      asked.push(url);
      return Promise.resolve(false);
    },
  };
  return { folder, root, bin, go, said, asked, context };
}
