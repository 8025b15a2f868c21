import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { goLine, readPins, requiredVersion } from "../../../scripts/bootstrap/pins.mjs";
import { goCanBuild, goEnvironment } from "../../../scripts/bootstrap/tools/go.mjs";
import { isUsablePulumi } from "../../../scripts/bootstrap/tools/pulumi.mjs";
import { repository, scratch } from "./fakes.js";

it.each([
  ["v3.245.0", true],
  ["3.300.2", true],
  ["3.250.1-dev", true],
  ["3.244.9", false],
  ["3.99.0", false],
  ["4.0.0", false],
  ["unknown", false],
])("Pulumi %s is usable: %s", (version, usable) => expect(isUsablePulumi(version, "3.245.0")).toBe(usable));

describe("pins", () => {
  it("read a go.mod", () => {
    const mod =
      "module x\n\ngo 1.25.8\n\nrequire a.b/one v1.2.3\n\nrequire (\n\ta.b/two v2.0.0 // indirect\n)\n";
    expect([
      requiredVersion(mod, "a.b/one"),
      requiredVersion(mod, "a.b/two"),
      requiredVersion(mod, "a.b"),
    ]).toEqual(["1.2.3", "2.0.0", undefined]);
    expect(goLine(mod)).toBe("1.25.8");
  });

  it("agree with the npm packages: the installer takes the Automation API's own version", () => {
    const { dependencies } = JSON.parse(readFileSync(path.join(repository, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    expect(readPins(repository)).toMatchObject({
      pulumi: dependencies["@pulumi/pulumi"],
      proxmox: dependencies["@muhlba91/pulumi-proxmoxve"],
    });
  });

  it("agree with the library that the rehearsal's nodes are made of", () => {
    const mod = readFileSync(path.join(repository, "tools/talos/go.mod"), "utf8");
    expect(readPins(repository).talosctl).toBe(
      requiredVersion(mod, "github.com/siderolabs/talos/pkg/machinery"),
    );
  });

  it("agree with what our build of the plugin reports", () => {
    const source = readFileSync(path.join(repository, "tools/proxmox-plugin/main.go"), "utf8");
    expect(/sdkVersion\s+= "(.*?)"/.exec(source)?.[1]).toBe(readPins(repository).proxmox);
    const mod = readFileSync(path.join(repository, "tools/proxmox-plugin/go.mod"), "utf8");
    expect(/upstreamVersion\s+= "(.*?)"/.exec(source)?.[1]).toBe(
      requiredVersion(mod, "github.com/bpg/terraform-provider-proxmox"),
    );
  });

  it("say that a clone without its files is damaged", () => {
    expect(() => readPins(scratch())).toThrow(
      /tools\/pulumi-cli\/go.mod cannot be read .* this clone is damaged/,
    );
  });
});

describe("Go", () => {
  it.each([
    ["go1.25.8", "local", true],
    ["go1.26.0", "local", true],
    ["devel go1.27-abc", "local", true],
    ["go1.25.7", "local", false],
    ["go1.22.0", "auto", true], // fetches the toolchain that is asked for
    ["go1.22.0", "go1.22.0+auto", true],
    ["go1.22.0", "go1.22.0", false],
    ["go1.20.5", "auto", false], // does not know toolchains
  ])("%s with GOTOOLCHAIN=%s can build for 1.25.8: %s", (installed, toolchain, can) => {
    expect(goCanBuild(installed, toolchain, "1.25.8")).toBe(can);
  });

  it("builds for this machine whatever the shell is set up for", () => {
    const env = goEnvironment({
      GOOS: "plan9",
      GOARCH: "arm",
      GOFLAGS: "-mod=vendor",
      GOPROXY: "https://proxy",
    });
    expect(env).toEqual({
      GOFLAGS: "-mod=readonly",
      GOWORK: "off",
      CGO_ENABLED: "0",
      GOPROXY: "https://proxy",
    });
  });
});
