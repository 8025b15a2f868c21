import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumiverse/talos";
import { beforeEach, describe, expect, it } from "vitest";
import { fakeEngine, valueOf, type FakeEngine } from "./fake-engine.ts";

let engine: FakeEngine;
beforeEach(async () => {
  engine = await fakeEngine();
});

describe("Provider", () => {
  it("sends its settings and the plugin", async () => {
    const provider = new talos.Provider("own", { imageFactoryUrl: pulumi.output("https://factory.example") });
    expect(await valueOf(provider.imageFactoryUrl)).toBe("https://factory.example");
    expect(engine.requests).toEqual([
      {
        token: "pulumi:providers:talos",
        name: "own",
        inputs: { imageFactoryUrl: "https://factory.example" },
        version: "0.8.1",
        pluginDownloadURL: "github://api.github.com/pulumiverse",
        additionalSecretOutputs: [],
      },
    ]);
  });

  it("needs no settings, and lets the caller's options win", async () => {
    const provider = new talos.Provider("own", undefined, { version: "0.9.0" });
    await valueOf(provider.urn);
    expect(engine.requests).toMatchObject([{ inputs: {}, version: "0.9.0" }]);
  });

  it("is known by its type", () => {
    const provider = new talos.Provider("own");
    expect(talos.Provider.isInstance(provider)).toBe(true);
    expect(talos.Provider.isInstance(new talos.machine.Secrets("cluster"))).toBe(false);
    expect(talos.Provider.isInstance(undefined)).toBe(false);
  });

  it("serves the resources and functions that it is given to", async () => {
    const provider = new talos.Provider("own");
    const schematic = new talos.imagefactory.Schematic("image", {}, { provider });
    await valueOf(schematic.urn);
    await talos.imagefactory.getVersions({}, { provider });
    await valueOf(talos.imagefactory.getVersionsOutput({}, { parent: schematic, dependsOn: [schematic] }));
    const own = `${await valueOf(provider.urn)}::own-id`;
    expect(engine.requests.map((request) => request.provider)).toEqual([undefined, own, own, own]);
  });

  it("is what a reference to one comes back as", async () => {
    const urn = await valueOf(new talos.Provider("own").urn);
    const registered = pulumi.runtime.getResourcePackage("talos", "0.8.1");
    const again = registered?.constructProvider("own", "pulumi:providers:talos", urn);
    expect(talos.Provider.isInstance(again)).toBe(true);
  });

  it("hands out its Terraform configuration", async () => {
    const asked: string[] = [];
    const monitor = (pulumi.runtime as unknown as { getMonitor(): Record<string, unknown> }).getMonitor();
    monitor.call = (request: { getTok(): string }, done: (error: null, response: object) => void) => {
      asked.push(request.getTok());
      done(null, {
        getFailuresList: () => [],
        getReturn: () => undefined,
        getReturndependenciesMap: () => undefined,
      });
    };
    await valueOf(new talos.Provider("own").terraformConfig());
    expect(asked).toEqual(["pulumi:providers:talos/terraformConfig"]);
  });
});
