import { execFileSync } from "node:child_process";
import type { ServerResponse } from "node:http";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { unpack } from "../../../scripts/bootstrap/tools/download.mjs";
import { hash, readJson } from "../../../scripts/bootstrap/files.mjs";
import { bootstrap } from "../../../scripts/bootstrap/main.mjs";
import {
  checksumsFile,
  releaseOf,
  tools,
  versionOfTool,
  type Tool,
} from "../../../scripts/bootstrap/tools/releases.mjs";
import { fakeMachine, scratch, script } from "./fakes.js";
import { releaseServer } from "./release-server.js";

/** An archive with a program in it, as releases are packed. */
function archive(name: string, says: string, around = ""): Buffer {
  const folder = scratch();
  script(path.join(folder, around, name), `echo ${says}`);
  execFileSync("tar", ["-czf", "archive.tar.gz", around || name], { cwd: folder });
  return readFileSync(path.join(folder, "archive.tar.gz"));
}

/** A machine, and a server with all three releases, of which the clone has the checksums. */
async function connected(
  way: "auto" | "download",
  change: (
    files: Record<Tool, Buffer>,
  ) => Partial<Record<Tool, Parameters<typeof releaseServer>[0][string]>> = () => ({}),
) {
  const machine = fakeMachine(way);
  const { context, root } = machine;
  const files: Record<Tool, Buffer> = {
    pulumi: archive("pulumi", "v3.245.0", "pulumi"),
    proxmoxve: archive("pulumi-resource-proxmoxve", "published"),
    talosctl: Buffer.from('#!/bin/sh\necho "Talos v1.12.0"\n'),
  };
  const name = (tool: Tool) =>
    releaseOf(tool, versionOfTool(context.pins, tool)).file(process.platform, process.arch)!;
  const pins = tools.map((tool) => [
    tool,
    { version: versionOfTool(context.pins, tool), sha256: { [name(tool)]: hash(files[tool]) } },
  ]);
  writeFileSync(checksumsFile(root), JSON.stringify(Object.fromEntries(pins)));
  const served = { ...files, ...change(files) };
  const base = await releaseServer(Object.fromEntries(tools.map((tool) => [`/${name(tool)}`, served[tool]])));
  const releases = { pulumi: base, proxmoxve: base, talosctl: base };
  const env = { PATH: `${context.env.PATH}:/usr/bin:/bin` };
  return { ...machine, name, context: { ...context, env, releases, reachable: () => Promise.resolve(true) } };
}

const kept = (cache: string, kind: string) =>
  existsSync(path.join(cache, kind))
    ? readdirSync(path.join(cache, kind)).filter((name) => !name.includes("-build-"))
    : [];

it("takes what it has the checksums of", async () => {
  const { context, go } = await connected("download");
  const { toolchain } = await bootstrap(context, { talosctl: true });
  expect(go.builds()).toEqual(["talos"]);
  const { pulumi, proxmoxPluginPath, talosctl = "" } = toolchain;
  const said = [pulumi, proxmoxPluginPath, talosctl].map((file) => execFileSync(file).toString().trim());
  expect(said).toEqual(["v3.245.0", "published", "Talos v1.12.0"]);
  expect(toolchain.proxmoxPlugin).toBe("published");
});

it.each(["auto", "download"] as const)(
  "refuses one with a byte changed, and keeps nothing of it (%s)",
  async (way) => {
    const { context, go, name } = await connected(way, ({ pulumi }) => {
      const changed = Buffer.from(pulumi);
      changed[changed.length - 1]! ^= 1;
      return { pulumi: changed };
    });
    await expect(bootstrap(context)).rejects.toThrow(
      new RegExp(
        `/${name("pulumi")} is not the file that this clone was made for: its SHA-256 is\\n.*\\n.*\\nIt was thrown away`,
      ),
    );
    expect(kept(context.cache, "pulumi-cli")).toEqual([]);
    expect(readdirSync(path.join(context.cache, "locks"))).toEqual([]);
    expect(go.builds()).not.toContain("pulumi-cli");
  },
);

it.each([
  ["the file", "", undefined],
  ["another one", "x", /is not the file that this clone was made for/],
])("follows a redirect, and checks what is there: %s", async (_, more, message) => {
  const elsewhere: Record<string, Buffer> = {};
  const other = await releaseServer(elsewhere);
  const { context } = await connected("download", ({ pulumi }) => {
    elsewhere["/moved"] = Buffer.concat([pulumi, Buffer.from(more)]);
    return { pulumi: (response) => void response.writeHead(302, { location: `${other}/moved` }).end() };
  });
  if (message) await expect(bootstrap(context)).rejects.toThrow(message);
  else expect((await bootstrap(context)).toolchain.pulumi).toContain("-download-");
});

it.each([
  [
    "breaks off",
    (content: Buffer) => (response: ServerResponse) => {
      response.writeHead(200, { "content-length": content.length });
      response.write(content.subarray(0, 20), () => response.destroy());
    },
    /broke off/,
  ],
  ["is not there", () => (response: ServerResponse) => void response.writeHead(404).end(), /answers 404/],
])("of one that %s nothing is kept, and it is built", async (_, answer, why) => {
  const { context, go, said } = await connected("auto", ({ pulumi }) => ({ pulumi: answer(pulumi) }));
  await bootstrap(context);
  expect(said.join("\n")).toMatch(why);
  expect(go.builds()).toContain("pulumi-cli");
  expect(kept(context.cache, "pulumi-cli")).toEqual([]);
  await expect(bootstrap({ ...context, way: "download" })).rejects.toThrow(
    /^The Pulumi CLI cannot be downloaded: .*\nCheck the network/,
  );
});

it("downloads nothing that it has no checksum of: it says so and builds", async () => {
  const { context, root, go, said, name } = await connected("auto");
  const pins = readJson(checksumsFile(root)) as Record<Tool, object>;
  writeFileSync(
    checksumsFile(root),
    JSON.stringify({ ...pins, proxmoxve: { version: "8.6.0", sha256: {} } }),
  );
  const { toolchain } = await bootstrap(context);
  expect(toolchain.proxmoxPlugin).toBe("own build");
  expect(go.builds()).toEqual(["talos", "proxmox-plugin"]);
  expect(said).toContain(
    `The Proxmox plugin cannot be downloaded: this clone has no checksum of ${name("proxmoxve")} to check it against.`,
  );
  rmSync(path.join(root, ".rehearsal"), { recursive: true });
  await expect(bootstrap({ ...context, way: "download" })).rejects.toThrow(
    /no checksum of .*\nFill it in with `node scripts\/update-checksums.mjs` .* HOMELAB_TOOLCHAIN=build/,
  );
});

it("does not take the checksum of another version", async () => {
  const { context, root, said } = await connected("auto");
  const pins = readJson(checksumsFile(root)) as Record<Tool, object>;
  writeFileSync(
    checksumsFile(root),
    JSON.stringify({ ...pins, pulumi: { ...pins.pulumi, version: "3.244.0" } }),
  );
  await bootstrap(context);
  expect(said.join("\n")).toContain("The Pulumi CLI cannot be downloaded: this clone has no checksum");
});

it.each([
  [
    "a path out of its folder",
    (folder: string) => {
      writeFileSync(path.join(folder, "evil"), "x");
      mkdirSync(path.join(folder, "in"));
      return ["-C", path.join(folder, "in"), "-P", "../evil"];
    },
    /holds "\.\.\/evil", which leads out of its folder: it was not unpacked/,
  ],
  [
    "an absolute path",
    (folder: string) => {
      writeFileSync(path.join(folder, "evil"), "x");
      return ["-P", path.join(folder, "evil")];
    },
    /leads out of its folder: it was not unpacked/,
  ],
  [
    "a link",
    (folder: string) => {
      symlinkSync("/etc", path.join(folder, "link"));
      return ["-C", folder, "link"];
    },
    /holds a link or a device: it was not unpacked/,
  ],
])("unpacks nothing with %s", async (_, contents, message) => {
  const folder = scratch();
  const file = path.join(scratch(), "bad.tar.gz");
  execFileSync("tar", ["-czf", file, ...contents(folder)], { stdio: "ignore" });
  const into = scratch();
  await expect(unpack(file, into)).rejects.toThrow(message);
  expect(readdirSync(into)).toEqual([]);
});
