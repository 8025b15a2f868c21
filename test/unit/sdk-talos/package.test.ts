import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { plugin } from "../../../sdks/talos/core.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const folder = path.join(root, "sdks/talos");

describe("package.json", () => {
  const manifest = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as Record<
    string,
    unknown
  >;

  it("tells the engine which plugin to fetch", () => {
    expect(manifest).toMatchObject({
      name: "@pulumiverse/talos",
      version: "0.8.1",
      pulumi: {
        resource: true,
        name: "talos",
        version: "0.8.1",
        server: "github://api.github.com/pulumiverse",
      },
    });
  });

  it("names the plugin that the requests name", () => {
    expect(manifest.version).toBe(plugin.version);
    expect(manifest.pulumi).toMatchObject({ version: plugin.version, server: plugin.pluginDownloadURL });
  });
});

describe("loading", () => {
  it("works as TypeScript, by Node with tsx, and gives upstream's names", () => {
    const program = `
      import * as talos from "@pulumiverse/talos";
      const names = Object.entries(talos).map(([name, value]) => [name, typeof value === "function" ? [] : Object.keys(value)]);
      console.log(JSON.stringify(Object.fromEntries(names)));
    `;
    const args = ["--import", "tsx", "--input-type=module", "--eval", program];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({
      Provider: [],
      client: ["getConfiguration", "getConfigurationOutput"],
      cluster: ["Kubeconfig", "getHealth", "getHealthOutput", "getKubeconfig", "getKubeconfigOutput"],
      imagefactory: ["Schematic", "getVersions", "getVersionsOutput"],
      machine: [
        "Bootstrap",
        "ConfigurationApply",
        "Secrets",
        "getConfiguration",
        "getConfigurationOutput",
        "getDisks",
        "getDisksOutput",
      ],
    });
  });
});

describe("source files", () => {
  it("stay readable", () => {
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".ts"),
    );
    const long = files.filter(
      (file) => readFileSync(path.join(folder, file), "utf8").split("\n").length > 250,
    );
    expect(files.length).toBeGreaterThan(0);
    expect(long).toEqual([]);
  });
});
