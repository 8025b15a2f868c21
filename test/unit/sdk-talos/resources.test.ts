import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumiverse/talos";
import { beforeEach, describe, expect, it } from "vitest";
import { fakeEngine, secret, valueOf, type FakeEngine } from "./fake-engine.ts";
import { access, machineSecrets } from "./samples.ts";

const plugin = { version: "0.8.1", pluginDownloadURL: "github://api.github.com/pulumiverse" };

let engine: FakeEngine;
beforeEach(async () => {
  engine = await fakeEngine();
});

/** The one request that making this resource caused. */
async function sent(resource: pulumi.CustomResource) {
  await valueOf(resource.urn);
  expect(engine.requests).toHaveLength(1);
  return engine.requests[0];
}

describe("a new resource sends its token, its inputs, its secrets and its plugin", () => {
  it("Secrets", async () => {
    expect(await sent(new talos.machine.Secrets("cluster", { talosVersion: "v1.12" }))).toEqual({
      token: "talos:machine/secrets:Secrets",
      name: "cluster",
      inputs: { talosVersion: "v1.12" },
      additionalSecretOutputs: [],
      ...plugin,
    });
  });

  it("ConfigurationApply", async () => {
    const all = {
      applyMode: "no_reboot",
      clientConfiguration: access,
      clientConfigurationWo: access,
      configPatches: ["machine: {}", pulumi.output("cluster: {}")],
      endpoint: "10.0.0.1",
      machineConfigurationInput: "configuration",
      machineConfigurationInputWo: pulumi.output("write-only configuration"),
      node: pulumi.output("10.0.0.2"),
      onDestroy: { graceful: false, reboot: true, reset: pulumi.output(true) },
      timeouts: { create: "1m", delete: "2m", update: "3m" },
    };
    expect(await sent(new talos.machine.ConfigurationApply("cp", all))).toEqual({
      token: "talos:machine/configurationApply:ConfigurationApply",
      name: "cp",
      inputs: {
        applyMode: "no_reboot",
        clientConfiguration: access,
        clientConfigurationWo: secret(access),
        configPatches: ["machine: {}", "cluster: {}"],
        endpoint: "10.0.0.1",
        machineConfigurationInput: secret("configuration"),
        machineConfigurationInputWo: secret("write-only configuration"),
        node: "10.0.0.2",
        onDestroy: { graceful: false, reboot: true, reset: true },
        timeouts: { create: "1m", delete: "2m", update: "3m" },
      },
      additionalSecretOutputs: [
        "clientConfigurationWo",
        "machineConfiguration",
        "machineConfigurationInput",
        "machineConfigurationInputWo",
      ],
      ...plugin,
    });
  });

  it("Bootstrap", async () => {
    const all = {
      clientConfigurationWo: access,
      endpoint: "10.0.0.1",
      node: "10.0.0.2",
      timeouts: { create: "1m" },
    };
    expect(await sent(new talos.machine.Bootstrap("first", all))).toEqual({
      token: "talos:machine/bootstrap:Bootstrap",
      name: "first",
      inputs: { ...all, clientConfigurationWo: secret(access) },
      additionalSecretOutputs: ["clientConfigurationWo"],
      ...plugin,
    });
  });

  it("Kubeconfig", async () => {
    const all = {
      certificateRenewalDuration: "48h",
      clientConfiguration: pulumi.output(access),
      endpoint: "10.0.0.1",
      node: "10.0.0.2",
      timeouts: { create: "1m", update: "2m" },
    };
    expect(await sent(new talos.cluster.Kubeconfig("admin", all))).toEqual({
      token: "talos:cluster/kubeconfig:Kubeconfig",
      name: "admin",
      inputs: { ...all, clientConfiguration: access },
      additionalSecretOutputs: ["kubeconfigRaw"],
      ...plugin,
    });
  });

  it("Schematic", async () => {
    expect(await sent(new talos.imagefactory.Schematic("image", { schematic: "customization: {}" }))).toEqual(
      {
        token: "talos:imageFactory/schematic:Schematic",
        name: "image",
        inputs: { schematic: "customization: {}" },
        additionalSecretOutputs: [],
        ...plugin,
      },
    );
  });
});

describe("inputs", () => {
  it("sends nothing that was not given, nor what is no property of the resource", async () => {
    const args = { node: "10.0.0.2", extra: "from a spread object" };
    expect((await sent(new talos.machine.ConfigurationApply("cp", args)))?.inputs).toEqual({
      node: "10.0.0.2",
    });
  });

  it("takes no arguments where none is required", async () => {
    expect((await sent(new talos.machine.Secrets("cluster")))?.inputs).toEqual({});
  });

  it("keeps an input secret that is one already", async () => {
    const args = {
      node: "10.0.0.2",
      clientConfiguration: { ...access, clientKey: pulumi.secret("client key") },
    };
    expect((await sent(new talos.machine.Bootstrap("first", args)))?.inputs).toEqual({
      node: "10.0.0.2",
      // The mocks, like a provider's answer, lift a secret leaf to the property that holds it.
      clientConfiguration: secret(access),
    });
  });

  it("names every missing property, the resource and its type", () => {
    const nothing = {} as talos.cluster.KubeconfigArgs;
    expect(() => new talos.cluster.Kubeconfig("admin", nothing)).toThrow(
      'talos:cluster/kubeconfig:Kubeconfig "admin" needs "clientConfiguration" and "node", which are not set',
    );
    expect(() => new talos.machine.Bootstrap("first", undefined as never)).toThrow(
      'talos:machine/bootstrap:Bootstrap "first" needs "node", which is not set',
    );
    expect(engine.requests).toEqual([]);
  });
});

describe("options", () => {
  it("keeps those of the caller and lets them win, without touching them", async () => {
    const opts = {
      version: "0.9.0",
      pluginDownloadURL: "https://plugins.example",
      additionalSecretOutputs: ["node"],
    };
    const before = structuredClone(opts);
    const request = await sent(new talos.machine.Bootstrap("first", { node: "10.0.0.2" }, opts));
    expect(request).toMatchObject({
      version: "0.9.0",
      pluginDownloadURL: "https://plugins.example",
      additionalSecretOutputs: ["clientConfigurationWo", "node"],
    });
    expect(opts).toEqual(before);
  });

  it("keeps the parent", async () => {
    const parent = new pulumi.ComponentResource("test:index:Parent", "parent");
    const child = new talos.machine.Secrets("cluster", {}, { parent });
    expect(await valueOf(child.urn)).toContain("test:index:Parent$talos:machine/secrets:Secrets::cluster");
  });
});

describe("outputs", () => {
  it("has those that only the provider knows", async () => {
    engine = await fakeEngine({
      answer: () => ({ clientConfiguration: access, machineSecrets, talosVersion: "v1.12" }),
    });
    const cluster = new talos.machine.Secrets("cluster");
    expect(await valueOf(cluster.machineSecrets)).toEqual(machineSecrets);
    expect(await valueOf(cluster.clientConfiguration.caCertificate)).toBe("ca");
  });

  it("is secret where the provider says so", async () => {
    engine = await fakeEngine({
      answer: () => ({ kubeconfigRaw: pulumi.secret("kubeconfig"), node: "10.0.0.2" }),
    });
    const admin = new talos.cluster.Kubeconfig("admin", { clientConfiguration: access, node: "10.0.0.2" });
    expect(await valueOf(admin.kubeconfigRaw)).toBe("kubeconfig");
    expect(await pulumi.isSecret(admin.kubeconfigRaw)).toBe(true);
    expect(await pulumi.isSecret(admin.node)).toBe(false);
  });
});
