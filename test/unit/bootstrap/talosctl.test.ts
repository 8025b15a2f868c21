import { existsSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { bootstrap } from "../../../scripts/bootstrap/main.mjs";
import { fakeMachine, script } from "./fakes.js";

it("is built only when it is asked for, and kept from then on", async () => {
  const { context, go } = fakeMachine();
  expect((await bootstrap(context)).toolchain.talosctl).toBeUndefined();
  go.builds();
  const asked = await bootstrap(context, { talosctl: true });
  expect(go.builds()).toEqual(["talosctl"]);
  expect(asked.news).toBe(true);
  expect(existsSync(asked.toolchain.talosctl ?? "")).toBe(true);
  expect(await bootstrap(context, { talosctl: true })).toEqual({ news: false, toolchain: asked.toolchain });
  expect((await bootstrap(context)).toolchain).toEqual(asked.toolchain);
  expect(go.builds()).toEqual([]);
});

it.each([
  ["v1.12.7", true],
  ["v1.11.9", false],
  ["v2.12.0", false],
])("on PATH, %s is taken: %s", async (version, taken) => {
  const { context, bin, said } = fakeMachine("auto");
  const file = script(path.join(bin, "talosctl"), `echo "Talos ${version}"`);
  const { toolchain } = await bootstrap(context, { talosctl: true });
  expect(toolchain.talosctl === file).toBe(taken);
  if (!taken) expect(said.join("\n")).toContain("1.12 is needed, so another one is used.");
});

it("says what to do when none may be fetched", async () => {
  const { context, bin } = fakeMachine("path");
  script(path.join(bin, "pulumi"), "echo v3.245.0");
  const theirs = path.join(context.home, ".pulumi/plugins/resource-proxmoxve-v8.6.0");
  script(path.join(theirs, "pulumi-resource-proxmoxve"));
  await expect(bootstrap(context, { talosctl: true })).rejects.toThrow(
    /^There is no talosctl of 1.12 on PATH.*\nInstall one/,
  );
});
