import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { fakeMachine, repository, script } from "./fakes.js";

/** Runs the command of a clone to its end, or ends it. */
async function command(
  root: string,
  env: Record<string, string>,
  {
    args = [],
    until,
    signal = "SIGTERM",
  }: { args?: string[]; until?: () => boolean; signal?: NodeJS.Signals } = {},
) {
  const child = spawn(process.execPath, [path.join(root, "scripts/bootstrap.mjs"), ...args], {
    env: env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += String(chunk)));
  const poll = setInterval(() => until?.() && child.kill(signal), 20);
  const [code] = (await once(child, "close")) as [number | null];
  clearInterval(poll);
  return { code, text };
}

/** A machine with Go alone, and the environment of a shell on it. */
function machine() {
  const { root, folder, bin, go } = fakeMachine();
  const cache = path.join(folder, "cache");
  const env = {
    PATH: `${bin}:/usr/bin:/bin`,
    HOMELAB_TOOLCHAIN: "build",
    HOMELAB_CACHE: cache,
    HOME: folder,
  };
  return { root, cache, env, go };
}

/** Whether something half-made is in the cache. */
function isBuilding(cache: string): boolean {
  const folder = path.join(cache, "talos");
  return existsSync(folder) && readdirSync(folder).some((name) => name.startsWith(".draft-"));
}

it.each([
  [
    "an unknown way",
    { HOMELAB_TOOLCHAIN: "fast" },
    [],
    'HOMELAB_TOOLCHAIN is "fast"; allowed are auto, path, download, build.',
  ],
  [
    "an unknown flag",
    {},
    ["--fast"],
    'bootstrap does not know "--fast"; its flags are --quiet, --talosctl and --packages.',
  ],
])("refuses %s in a sentence", async (_, env, args, words) => {
  const { code, text } = await command(repository, { PATH: "", ...env }, { args });
  expect(code).toBe(1);
  expect(text.trim().split("\n")[0]).toBe(`bootstrap: ${words}`);
  expect(text).not.toMatch(/^\s+at /m);
});

it("says that Go is missing, and changes nothing", async () => {
  const { root, folder } = fakeMachine();
  const { code, text } = await command(root, { PATH: "", HOMELAB_CACHE: path.join(folder, "cache") });
  expect(code).toBe(1);
  expect(text).toMatch(/^\nbootstrap: Go is needed to build .*\nInstall Go .*\n$/);
  expect(existsSync(path.join(root, ".rehearsal/toolchain.json"))).toBe(false);
});

it("gets as far as npm without a single package", async () => {
  const { root, folder, bin } = fakeMachine();
  rmSync(path.join(root, "node_modules"), { recursive: true });
  script(path.join(bin, "npm"), "echo no registry >&2", "exit 1");
  const { code, text } = await command(root, { PATH: `${bin}:/usr/bin:/bin`, HOME: folder });
  expect(code).toBe(1);
  expect(text).toMatch(/^Installing the npm packages .*\n\nbootstrap: npm ci failed:\n {4}no registry\n/);
});

it("is silent with --quiet when there is nothing to do", async () => {
  const { root, env } = machine();
  const first = await command(root, env, { args: ["--quiet"] });
  expect(first.text).toMatch(/Building the Pulumi CLI 3.245.0 with Go, once .*\n[^]*Ready: Pulumi 3.245.0/);
  expect(await command(root, env, { args: ["--quiet"] })).toEqual({ code: 0, text: "" });
  expect((await command(root, env)).text).toMatch(
    /^Ready: Pulumi 3.245.0 .*\nAll of it is in .*toolchain.json\.\n$/,
  );
});

it("leaves nothing half-made when it is interrupted, and goes on the next time", async () => {
  const { root, cache, env, go } = machine();
  writeFileSync(go.slow, "");
  expect(await command(root, env, { until: () => isBuilding(cache) })).toMatchObject({ code: 143 });
  expect(isBuilding(cache)).toBe(false);
  expect(readdirSync(path.join(cache, "locks"))).toEqual([]);
  rmSync(go.slow);
  expect(await command(root, env)).toMatchObject({ code: 0 });
});

it("takes over when the last one was killed outright", async () => {
  const { root, cache, env, go } = machine();
  writeFileSync(go.slow, "");
  await command(root, env, { until: () => isBuilding(cache), signal: "SIGKILL" });
  expect(isBuilding(cache)).toBe(true);
  rmSync(go.slow);
  expect(await command(root, env)).toMatchObject({ code: 0 });
  expect(isBuilding(cache)).toBe(false);
});

it("can be parsed by an old Node, to say that it is old", () => {
  const source = readFileSync(path.join(repository, "scripts/bootstrap.mjs"), "utf8");
  expect(source).not.toMatch(/\?\.|\?\?|^import .* from|await /m);
});
