import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { bootstrap } from "../../../scripts/bootstrap/main.mjs";
import { reachable } from "../../../scripts/bootstrap/run.mjs";
import { toolchainFile } from "../../../scripts/bootstrap/settings.mjs";
import { fakeGo, fakeMachine, script } from "./fakes.js";

// The real steps, with a shell script for Go: what is built answers as the real programs do when they are first tried.
describe("on a machine with Go alone", () => {
  it("builds each program once, records them, and then asks nothing", async () => {
    const { context, go, root, asked } = fakeMachine();
    const first = await bootstrap(context);
    expect(go.builds()).toEqual(["talos", "pulumi-cli", "proxmox-plugin"]);
    expect(first).toMatchObject({
      news: true,
      toolchain: { pulumiVersion: "3.245.0", proxmoxPlugin: "own build" },
    });
    const { pulumi, pulumiHome, talosHelper, proxmoxPluginPath } = first.toolchain;
    expect([pulumi, talosHelper, proxmoxPluginPath].every((file) => existsSync(file))).toBe(true);
    expect(path.relative(pulumiHome, proxmoxPluginPath)).toBe(
      "plugins/resource-proxmoxve-v8.6.0/pulumi-resource-proxmoxve",
    );
    expect(JSON.parse(readFileSync(toolchainFile(root), "utf8"))).toEqual(first.toolchain);

    expect(await bootstrap(context)).toEqual({ news: false, toolchain: first.toolchain });
    expect(go.builds()).toEqual([]);
    expect(asked).toEqual([]);
  });

  it("finds what another clone has built", async () => {
    const { context, go, root } = fakeMachine();
    await bootstrap(context);
    go.builds();
    rmSync(path.join(root, ".rehearsal"), { recursive: true });
    expect((await bootstrap(context)).news).toBe(true);
    expect(go.builds()).toEqual([]);
  });

  it.each([
    ["talos", "go.sum"],
    ["talos", "nodes/server.go"],
    ["pulumi-cli", "go.sum"],
    ["proxmox-plugin", "go.sum"],
  ])("builds %s again when its %s changes", async (name, file) => {
    const { context, go, root } = fakeMachine();
    const before = (await bootstrap(context)).toolchain;
    go.builds();
    appendFileSync(path.join(root, "tools", name, file), "\n");
    const after = (await bootstrap(context)).toolchain;
    expect(go.builds()).toEqual([name]);
    expect(after.files).not.toEqual(before.files);
  });

  it("makes again what was removed from the cache or replaced in it", async () => {
    const { context, go } = fakeMachine();
    const { toolchain } = await bootstrap(context);
    go.builds();
    rmSync(toolchain.talosHelper);
    expect((await bootstrap(context)).news).toBe(true);
    expect(go.builds()).toEqual(["talos"]);
    writeFileSync(toolchainFile(context.root), "{");
    expect((await bootstrap(context)).toolchain.pulumi).toBe(toolchain.pulumi);
  });

  it("leaves nothing half-made when a build fails, and says why", async () => {
    const { context, go, root } = fakeMachine();
    writeFileSync(go.broken, "");
    await expect(bootstrap(context)).rejects.toThrow(
      /^Building the helper .* failed:\n {4}some\/file.go:1: undefined: x\nIf it could not fetch/,
    );
    expect(readdirSync(path.join(context.cache, "talos"))).toEqual([]);
    expect(existsSync(toolchainFile(root))).toBe(false);
    rmSync(go.broken);
    expect((await bootstrap(context)).news).toBe(true);
  });
});

describe("without a fitting Go", () => {
  it("says that it is missing before anything else is tried", async () => {
    const { context, asked } = fakeMachine("auto");
    const env = { PATH: "" };
    await expect(bootstrap({ ...context, env })).rejects.toThrow(
      /^Go is needed to build the helper over Talos's machinery library, and it is not on PATH.\nInstall Go 1\.\d+\.\d+ or newer/,
    );
    expect(asked).toEqual([]);
  });

  it("says that it is too old", async () => {
    const { context, bin } = fakeMachine();
    fakeGo(bin, "go1.20.1");
    await expect(bootstrap(context)).rejects.toThrow(
      /^Go 1\.\d+\.\d+ is needed .*, and .*\/go is go1.20.1.\nInstall Go/,
    );
  });
});

describe("HOMELAB_TOOLCHAIN=auto", () => {
  it("builds when nothing can be reached, and says so", async () => {
    const { context, asked, said } = fakeMachine("auto");
    await bootstrap(context);
    expect(asked).toEqual(["https://github.com/pulumi/pulumi/releases/download/v3.245.0"]);
    expect(said).toContain("The Pulumi CLI cannot be downloaded: github.com cannot be reached.");
    expect(said.join("\n")).toContain(
      "The Proxmox plugin cannot be downloaded: this clone has no checksum of",
    );
  });

  it("takes the CLI on PATH when it is recent enough, and notices when it changes", async () => {
    const { context, bin, go } = fakeMachine("auto");
    const cli = script(path.join(bin, "pulumi"), "echo v3.250.1");
    expect((await bootstrap(context)).toolchain).toMatchObject({ pulumi: cli, pulumiVersion: "3.250.1" });
    expect(go.builds()).toEqual(["talos", "proxmox-plugin"]);
    expect((await bootstrap(context)).news).toBe(false);

    script(cli, "echo v3.251.10");
    expect((await bootstrap(context)).toolchain.pulumiVersion).toBe("3.251.10");
  });

  it.each([
    ["v3.200.0", "is 3.200.0"],
    ["v4.0.0", "is 4.0.0"],
  ])("passes over a CLI %s", async (version, words) => {
    const { context, bin, said } = fakeMachine("auto");
    script(path.join(bin, "pulumi"), `echo ${version}`);
    expect((await bootstrap(context)).toolchain.pulumiVersion).toBe("3.245.0");
    expect(said.join("\n")).toContain(
      `${words}; 3.245.0 or newer (and older than 4) is needed, so another one is used.`,
    );
  });

  // A shim looks its program up below the person's HOME, which a rehearsal hides.
  it.each([
    ["below HOME", 'exec "$HOME/.asdf/installs/pulumi/3.250.1/bin/pulumi" "$@"'],
    [
      "in a data folder that a variable names",
      'exec "$MISE_DATA_DIR/installs/pulumi/3.250.1/bin/pulumi" "$@"',
    ],
  ])("passes over a shim whose program lies %s, and says why in one line", async (_where, line) => {
    const { context, bin, said } = fakeMachine("auto");
    const data = path.join(context.home, ".asdf");
    const env = { ...context.env, HOME: context.home, MISE_DATA_DIR: data };
    script(path.join(data, "installs/pulumi/3.250.1/bin/pulumi"), "echo v3.250.1");
    const shim = script(path.join(bin, "pulumi"), line);
    const { toolchain } = await bootstrap({ ...context, env });
    expect(toolchain).toMatchObject({ pulumiVersion: "3.245.0" });
    expect(toolchain.pulumi).not.toBe(shim);
    expect(said.filter((each) => each.includes(shim))).toEqual([
      `The Pulumi CLI on PATH, ${shim}, works with your own HOME only, as a shim of asdf or mise does, and a rehearsal has another; ` +
        "3.245.0 or newer (and older than 4) is needed, so another one is used.",
    ]);
  });

  it("takes a shim that needs nothing of the person's", async () => {
    const { context, bin, folder } = fakeMachine("auto");
    const real = script(path.join(folder, "opt/pulumi"), "echo v3.250.1");
    const shim = script(path.join(bin, "pulumi"), `exec ${real} "$@"`);
    expect((await bootstrap(context)).toolchain.pulumi).toBe(shim);
  });

  it("takes the user's own published plugin, from a Pulumi home apart", async () => {
    const { context, go } = fakeMachine("auto");
    const theirs = path.join(context.home, ".pulumi/plugins/resource-proxmoxve-v8.6.0");
    script(path.join(theirs, "pulumi-resource-proxmoxve"), "echo published");
    const { toolchain } = await bootstrap(context);
    expect(toolchain.proxmoxPlugin).toBe("published");
    expect(toolchain.pulumiHome.startsWith(context.cache)).toBe(true);
    expect(readFileSync(toolchain.proxmoxPluginPath, "utf8")).toContain("echo published");
    expect(go.builds()).toEqual(["talos", "pulumi-cli"]);
  });

  it("does not take a plugin whose install was interrupted", async () => {
    const { context } = fakeMachine("auto");
    const theirs = path.join(context.home, ".pulumi/plugins/resource-proxmoxve-v8.6.0");
    script(path.join(theirs, "pulumi-resource-proxmoxve"));
    writeFileSync(`${theirs}.partial`, "");
    expect((await bootstrap(context)).toolchain.proxmoxPlugin).toBe("own build");
  });
});

describe("one way picked", () => {
  it("path: fails when there is no CLI, or an old one", async () => {
    const { context, bin } = fakeMachine("path");
    await expect(bootstrap(context)).rejects.toThrow(/^There is no Pulumi CLI 3.245.0 or newer on PATH/);
    script(path.join(bin, "pulumi"), "echo v3.1.0");
    await expect(bootstrap(context)).rejects.toThrow(/^The Pulumi CLI on PATH, .*, is 3.1.0; .*\nUpgrade it/);
  });

  it("path: fails when the plugin is not installed", async () => {
    const { context, bin } = fakeMachine("path");
    script(path.join(bin, "pulumi"), "echo v3.245.0");
    await expect(bootstrap(context)).rejects.toThrow(
      /plugin proxmoxve 8.6.0 is not installed.*\nInstall it \(pulumi plugin/,
    );
  });

  it("download: fails without a network, and builds nothing in its place", async () => {
    const { context, go } = fakeMachine("download");
    await expect(bootstrap(context)).rejects.toThrow(
      /^The Pulumi CLI cannot be downloaded: .*\nCheck the network/,
    );
    expect(go.builds()).toEqual(["talos"]);
  });

  it("build: takes neither the CLI on PATH nor the installed plugin", async () => {
    const { context, bin } = fakeMachine("build");
    script(path.join(bin, "pulumi"), "echo v3.250.0");
    const theirs = path.join(context.home, ".pulumi/plugins/resource-proxmoxve-v8.6.0");
    mkdirSync(theirs, { recursive: true });
    writeFileSync(path.join(theirs, "pulumi-resource-proxmoxve"), "");
    expect((await bootstrap(context)).toolchain).toMatchObject({
      pulumiVersion: "3.245.0",
      proxmoxPlugin: "own build",
    });
  });
});

it("knows within its limit that a server does not answer", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  silent.on("connection", (socket) => onTestFinished(() => void socket.destroy()));
  const started = Date.now();
  expect(await reachable(`http://127.0.0.1:${port}`, 200)).toBe(false);
  expect(Date.now() - started).toBeLessThan(2000);
  silent.close();
  expect(await reachable(`http://127.0.0.1:${port}`)).toBe(false); // refused
});
