import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumiverse/talos";
import { beforeEach, describe, expect, it } from "vitest";
import { fakeEngine, valueOf, type FakeEngine } from "./fake-engine.ts";
import { access } from "./samples.ts";

const plugin = { version: "0.8.1", pluginDownloadURL: "github://api.github.com/pulumiverse" };

let engine: FakeEngine;
beforeEach(async () => {
  engine = await fakeEngine();
});

describe("get", () => {
  it("looks up by id, with what is known of the state and nothing required", async () => {
    const state = { node: "10.0.0.2", resolvedApplyMode: "auto", machineConfiguration: "configuration" };
    await valueOf(talos.machine.ConfigurationApply.get("cp", "its-id", state).urn);
    expect(engine.requests).toEqual([
      {
        token: "talos:machine/configurationApply:ConfigurationApply",
        name: "cp",
        id: "its-id",
        inputs: state,
        additionalSecretOutputs: [
          "clientConfigurationWo",
          "machineConfiguration",
          "machineConfigurationInput",
          "machineConfigurationInputWo",
        ],
        ...plugin,
      },
    ]);
  });

  it.each([
    ["Secrets", talos.machine.Secrets],
    ["Bootstrap", talos.machine.Bootstrap],
    ["Kubeconfig", talos.cluster.Kubeconfig],
    ["Schematic", talos.imagefactory.Schematic],
  ])("%s", async (_name, type) => {
    await valueOf(type.get("found", "its-id").urn);
    expect(engine.requests).toMatchObject([{ name: "found", id: "its-id", inputs: {}, ...plugin }]);
  });
});

describe("isInstance", () => {
  it("goes by the type token", () => {
    const cluster = new talos.machine.Secrets("cluster");
    expect(talos.machine.Secrets.isInstance(cluster)).toBe(true);
    expect(talos.machine.Secrets.isInstance({ __pulumiType: "talos:machine/secrets:Secrets" })).toBe(true);
    expect(talos.machine.Bootstrap.isInstance(cluster)).toBe(false);
    for (const other of [undefined, null, "talos:machine/secrets:Secrets", {}]) {
      expect(talos.machine.Secrets.isInstance(other)).toBe(false);
    }
  });
});

describe("references", () => {
  it("come back as resources of this package", async () => {
    const made = new talos.cluster.Kubeconfig("admin", { clientConfiguration: access, node: "10.0.0.2" });
    const urn = await valueOf(made.urn);
    const module = pulumi.runtime.getResourceModule("talos", "cluster/kubeconfig", "0.8.1");
    const again = module?.construct(
      "admin",
      "talos:cluster/kubeconfig:Kubeconfig",
      urn,
    ) as talos.cluster.Kubeconfig;
    expect(talos.cluster.Kubeconfig.isInstance(again)).toBe(true);
    expect(await valueOf(again.node)).toBe("10.0.0.2");
  });

  it.each(["imageFactory/schematic", "machine/bootstrap", "machine/configurationApply", "machine/secrets"])(
    "%s is registered",
    (module) => {
      expect(pulumi.runtime.getResourceModule("talos", module, "0.8.1")).toBeDefined();
    },
  );
});
