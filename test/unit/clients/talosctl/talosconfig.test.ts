import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { talosconfig, withTalosconfig } from "../../../../src/clients/talosctl/talosconfig.ts";

const CREDENTIALS = { caCertificate: "Q0E=", clientCertificate: "Q1JU", clientKey: "S0VZ" };

let temporary: string;
let before: string | undefined;
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), "talosconfig-test-"));
  before = process.env.TMPDIR;
  process.env.TMPDIR = temporary;
});
afterEach(() => {
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
  rmSync(temporary, { recursive: true });
});

test("holds the credentials and no address", () => {
  expect(parse(talosconfig("lab", CREDENTIALS))).toEqual({
    context: "lab",
    contexts: { lab: { endpoints: [], ca: "Q0E=", crt: "Q1JU", key: "S0VZ" } },
  });
});

describe("the file", () => {
  test("is its owner's alone while it is there, and then gone", async () => {
    const path = await withTalosconfig("lab", CREDENTIALS, (path) => {
      expect((statSync(path).mode & 0o777).toString(8)).toBe("600");
      expect((statSync(dirname(path)).mode & 0o777).toString(8)).toBe("700");
      expect(readFileSync(path, "utf8")).toContain("S0VZ");
      return Promise.resolve(path);
    });
    expect(existsSync(dirname(path))).toBe(false);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test("is gone after a failure, too", async () => {
    await expect(
      withTalosconfig("lab", CREDENTIALS, () => Promise.reject(new Error("failed"))),
    ).rejects.toThrow("failed");
    expect(readdirSync(temporary)).toEqual([]);
  });

  test("leaves no listener behind", async () => {
    const listeners = () =>
      ["SIGINT", "SIGTERM", "SIGHUP", "exit"].map((event) => process.listenerCount(event));
    const at = listeners();
    await withTalosconfig("lab", CREDENTIALS, () => Promise.resolve());
    expect(listeners()).toEqual(at);
  });
});

describe("a process that is told to end", () => {
  const module = new URL("../../../../src/clients/talosctl/talosconfig.ts", import.meta.url).href;
  const script = (more: string) => `
    const { withTalosconfig } = await import(${JSON.stringify(module)});
    ${more}
    await withTalosconfig("lab", ${JSON.stringify(CREDENTIALS)}, async (path) => {
      console.log(path);
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    });`;

  async function ended(signal: NodeJS.Signals, more = "") {
    const child = spawn(process.execPath, ["--import=tsx", "--input-type=module", "-e", script(more)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const path = await new Promise<string>((resolve) =>
      child.stdout.once("data", (text: Buffer) => resolve(text.toString().trim())),
    );
    expect(existsSync(path)).toBe(true);
    child.kill(signal);
    const end = await new Promise((resolve) => child.once("exit", (code, killed) => resolve(killed ?? code)));
    return { end, left: readdirSync(temporary).filter((name) => name.startsWith("homelab-talosconfig-")) };
  }

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "by %s removes the file and ends by it",
    async (signal) => {
      expect(await ended(signal)).toEqual({ end: signal, left: [] });
    },
  );

  test("and has its own way to end, removes the file and goes that way", async () => {
    expect(await ended("SIGTERM", 'process.on("SIGTERM", () => process.exit(7));')).toEqual({
      end: 7,
      left: [],
    });
  });

  test("beside a library that ends it only where nobody else listens, removes the file and ends by it", async () => {
    const library = `process.on("SIGTERM", function listener() {
      if (process.listeners("SIGTERM").length > 1) return;
      process.off("SIGTERM", listener);
      process.kill(process.pid, "SIGTERM");
    });`;
    expect(await ended("SIGTERM", library)).toEqual({ end: "SIGTERM", left: [] });
  });

  test("by a signal that nobody hears leaves the file, which the next one removes", async () => {
    const { left } = await ended("SIGKILL");
    expect(left).toHaveLength(1);
    const folder = join(temporary, left[0]!);
    await withTalosconfig("lab", CREDENTIALS, () => Promise.resolve());
    expect(existsSync(folder)).toBe(false);
  });
});

test("what looks like it, but is somebody else's, is left alone", async () => {
  const host = hostname().replace(/[^A-Za-z0-9]/g, "_");
  const others = [
    `homelab-talosconfig-${host}-notes`,
    `homelab-talosconfig-${host}-${process.pid}-abc`, // of this very process, which lives
    "homelab-talosconfig-another_host-999999999-abc",
  ];
  for (const name of others) mkdirSync(join(temporary, name));
  await withTalosconfig("lab", CREDENTIALS, () => Promise.resolve());
  expect(readdirSync(temporary).sort()).toEqual(others.sort());
});
