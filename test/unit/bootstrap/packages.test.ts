import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import {
  ensurePackages,
  isInstalled,
  npmCommand,
  packagesAreCurrent,
} from "../../../scripts/bootstrap/packages.mjs";
import { fakeMachine, scratch, script } from "./fakes.js";

const one = { version: "1.0.0", integrity: "sha512-1" };

describe("whether node_modules holds what the lock file asks for", () => {
  const lock = {
    packages: {
      "": {},
      "sdks/talos": { version: "0.8.1" },
      "node_modules/@pulumiverse/talos": { link: true },
      "node_modules/one": one,
      "node_modules/for-another-system": { version: "1.0.0", optional: true },
    },
  };
  const installed = {
    packages: {
      "sdks/talos": { version: "0.8.1" },
      "node_modules/@pulumiverse/talos": { link: true },
      "node_modules/one": one,
    },
  };

  it("does, without the optional packages of other systems", () =>
    expect(isInstalled(lock, installed)).toBe(true));

  it.each([
    ["nothing is installed", undefined],
    [
      "a package is missing",
      { packages: { "sdks/talos": {}, "node_modules/@pulumiverse/talos": { link: true } } },
    ],
    [
      "one has another version",
      { packages: { ...installed.packages, "node_modules/one": { ...one, version: "2.0.0" } } },
    ],
    [
      "one has other content",
      { packages: { ...installed.packages, "node_modules/one": { ...one, integrity: "x" } } },
    ],
    ["there is one too many", { packages: { ...installed.packages, "node_modules/two": one } }],
  ])("does not when %s", (_, other) => expect(isInstalled(lock, other)).toBe(false));
});

describe("npm", () => {
  it("is the one that runs the script", () => {
    const file = script(path.join(scratch(), "npm-cli.js"));
    expect(npmCommand({ npm_execpath: file })).toEqual({
      command: process.execPath,
      args: [file],
      shell: false,
    });
  });

  it.each([undefined, "/missing/npm-cli.js", "/usr/lib/yarn.js"])(
    "is the one on PATH when that is %s",
    (npm_execpath) => {
      expect(npmCommand({ npm_execpath })).toMatchObject({ command: "npm", args: [] });
    },
  );
});

describe("installing", () => {
  /** A machine whose npm notes its arguments and installs the list of the lock file. */
  function withNpm(...lines: string[]) {
    const machine = fakeMachine();
    const log = path.join(machine.folder, "npm.log");
    script(
      path.join(machine.bin, "npm"),
      `echo "$@" >> ${log}`,
      "rm -rf node_modules && mkdir node_modules",
      ...(lines.length > 0 ? lines : ["cp package-lock.json node_modules/.package-lock.json"]),
    );
    return { ...machine, calls: () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : []) };
  }

  it("is not done when somebody has done it, and then not asked again", async () => {
    const { context, calls, said } = withNpm();
    expect(packagesAreCurrent(context.root)).toBe(false);
    await ensurePackages(context);
    expect(packagesAreCurrent(context.root)).toBe(true);
    expect([calls(), said]).toEqual([[], []]);
  });

  it("is done once without install scripts when there is nothing, by two bootstraps at a time", async () => {
    const { context, calls, root } = withNpm();
    rmSync(path.join(root, "node_modules"), { recursive: true });
    await Promise.all([ensurePackages(context), ensurePackages(context)]);
    expect(calls()).toHaveLength(1);
    expect(calls()[0]).toMatch(/^ci --ignore-scripts --include=dev /);
    expect(packagesAreCurrent(root)).toBe(true);
  });

  it("is done again when the lock file asks for something else", async () => {
    const { context, calls, root } = withNpm();
    await ensurePackages(context);
    const packages = { "": {}, "node_modules/one": { ...one, version: "2.0.0" } };
    writeFileSync(path.join(root, "package-lock.json"), JSON.stringify({ packages }));
    await ensurePackages(context);
    await ensurePackages(context);
    expect(calls()).toHaveLength(1);
  });

  it("says what npm said when it fails, and tries again the next time", async () => {
    const { context, calls, root } = withNpm("echo 'npm error 404 one@1.0.0' >&2", "exit 1");
    rmSync(path.join(root, "node_modules"), { recursive: true });
    await expect(ensurePackages(context)).rejects.toThrow(
      /^npm ci failed:\n {4}npm error 404 one@1.0.0\nCheck/,
    );
    await expect(ensurePackages(context)).rejects.toThrow(/^npm ci failed/);
    expect(calls()).toHaveLength(2);
    expect(existsSync(path.join(root, ".rehearsal/locks/packages"))).toBe(false);
  });

  it("says so when there is no npm", async () => {
    const { context, root } = fakeMachine();
    rmSync(path.join(root, "node_modules"), { recursive: true });
    const env = { PATH: path.join(root, "nothing") };
    await expect(ensurePackages({ ...context, env })).rejects.toThrow(/^npm is not on PATH/);
  });
});
