import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumiverse/talos";
import { beforeEach, describe, expect, it } from "vitest";
import { fakeEngine, valueOf, type FakeEngine } from "./fake-engine.ts";
import { access, machineSecrets } from "./samples.ts";

const plugin = { version: "0.8.1", pluginDownloadURL: "github://api.github.com/pulumiverse" };

/** Loosely typed, to call all functions in one way; consumer.ts holds the types. */
interface Pair {
  token: string;
  plain: (args: never, opts?: pulumi.InvokeOptions) => Promise<unknown>;
  output: (args: never, opts?: pulumi.InvokeOutputOptions) => pulumi.Output<unknown>;
  args: object;
}

const functions: Record<string, Pair> = {
  "client.getConfiguration": {
    token: "talos:client/getConfiguration:getConfiguration",
    plain: talos.client.getConfiguration,
    output: talos.client.getConfigurationOutput,
    args: { clientConfiguration: access, clusterName: "lab", endpoints: ["10.0.0.1"], nodes: ["10.0.0.2"] },
  },
  "cluster.getHealth": {
    token: "talos:cluster/getHealth:getHealth",
    plain: talos.cluster.getHealth,
    output: talos.cluster.getHealthOutput,
    args: {
      clientConfiguration: access,
      controlPlaneNodes: ["10.0.0.1"],
      endpoints: ["10.0.0.1"],
      skipKubernetesChecks: true,
      timeouts: { read: "1m" },
      workerNodes: ["10.0.0.2"],
    },
  },
  "cluster.getKubeconfig": {
    token: "talos:cluster/getKubeconfig:getKubeconfig",
    plain: talos.cluster.getKubeconfig,
    output: talos.cluster.getKubeconfigOutput,
    args: {
      clientConfiguration: access,
      endpoint: "10.0.0.1",
      node: "10.0.0.1",
      timeouts: { read: "1m" },
      wait: false,
    },
  },
  "imagefactory.getVersions": {
    token: "talos:imageFactory/getVersions:getVersions",
    plain: talos.imagefactory.getVersions,
    output: talos.imagefactory.getVersionsOutput,
    args: { filters: { stableVersionsOnly: true } },
  },
  "machine.getConfiguration": {
    token: "talos:machine/getConfiguration:getConfiguration",
    plain: talos.machine.getConfiguration,
    output: talos.machine.getConfigurationOutput,
    args: {
      clusterEndpoint: "https://10.0.0.1:6443",
      clusterName: "lab",
      configPatches: ["machine: {}"],
      docs: false,
      examples: true,
      kubernetesVersion: "1.35.0",
      machineSecrets,
      machineType: "worker",
      talosVersion: "v1.12",
    },
  },
  "machine.getDisks": {
    token: "talos:machine/getDisks:getDisks",
    plain: talos.machine.getDisks,
    output: talos.machine.getDisksOutput,
    args: {
      clientConfiguration: access,
      endpoint: "10.0.0.1",
      node: "10.0.0.2",
      selector: "disk.size == 40u * GiB",
      timeouts: { read: "1m" },
    },
  },
};

/** The same with an output in place of every leaf. */
function asOutputs(value: unknown): unknown {
  if (Array.isArray(value)) return pulumi.output(value.map(asOutputs));
  if (typeof value !== "object" || value === null) return pulumi.output(value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asOutputs(inner)]));
}

let engine: FakeEngine;
beforeEach(async () => {
  engine = await fakeEngine({ answer: ({ inputs }) => ({ ...inputs, id: "answer" }) });
});

describe.each(Object.entries(functions))("%s", (_name, { token, plain, output, args }) => {
  it("asks with plain values", async () => {
    expect(await plain(args as never)).toEqual({ ...args, id: "answer" });
    expect(engine.requests).toEqual([{ token, inputs: args, ...plugin }]);
  });

  it("asks with outputs, resolved", async () => {
    expect(await valueOf(output(asOutputs(args) as never))).toEqual({ ...args, id: "answer" });
    expect(engine.requests).toEqual([{ token, inputs: args, ...plugin }]);
  });

  it("lets the caller's options win", async () => {
    const opts = { version: "0.9.0", pluginDownloadURL: "https://plugins.example" };
    await plain(args as never, opts);
    await valueOf(output(args as never, opts));
    expect(engine.requests).toMatchObject([opts, opts]);
  });
});

describe("arguments", () => {
  it("may be left out where none is required", async () => {
    await talos.imagefactory.getVersions();
    await valueOf(talos.imagefactory.getVersionsOutput());
    expect(engine.requests.map((request) => request.inputs)).toEqual([{}, {}]);
  });

  it("are named when they are missing", async () => {
    const message =
      'talos:cluster/getHealth:getHealth needs "clientConfiguration" and "controlPlaneNodes" and "endpoints", which are not set';
    await expect(talos.cluster.getHealth({} as never)).rejects.toThrow(message);
    expect(() => talos.cluster.getHealthOutput({} as never)).toThrow(message);
    expect(engine.requests).toEqual([]);
  });

  it("that are no arguments of the function are not sent", async () => {
    const args = { filters: { stableVersionsOnly: true }, extra: "from a spread object" };
    await talos.imagefactory.getVersions(args);
    expect(engine.requests[0]?.inputs).toEqual({ filters: { stableVersionsOnly: true } });
  });
});

describe("secrets", () => {
  it("make the whole result secret, in the output form", async () => {
    const clientConfiguration = { ...access, clientKey: pulumi.secret("client key") };
    const made = talos.client.getConfigurationOutput({ clientConfiguration, clusterName: "lab" });
    expect(await pulumi.isSecret(made)).toBe(true);
    expect(await pulumi.isSecret(made.talosConfig)).toBe(true);
    expect(engine.requests[0]?.inputs).toEqual({ clientConfiguration: access, clusterName: "lab" });
  });

  it("in the result alone do too", async () => {
    await fakeEngine({ answer: () => ({ talosConfig: pulumi.secret("talosconfig") }) });
    const made = talos.client.getConfigurationOutput({ clientConfiguration: access, clusterName: "lab" });
    expect(await valueOf(made.talosConfig)).toBe("talosconfig");
    expect(await pulumi.isSecret(made.talosConfig)).toBe(true);
  });
});

describe("previews", () => {
  it("ask nothing while an argument is unknown", async () => {
    engine = await fakeEngine({ preview: true });
    const { machineSecrets: unknown } = new talos.machine.Secrets("cluster");
    const clusterEndpoint = "https://10.0.0.1:6443";
    const args = { clusterName: "lab", clusterEndpoint, machineType: "worker", machineSecrets: unknown };
    const made = talos.machine.getConfigurationOutput(args);
    expect(await (made as unknown as { isKnown: Promise<boolean> }).isKnown).toBe(false);
    expect(engine.requests.map((request) => request.token)).toEqual(["talos:machine/secrets:Secrets"]);
  });
});
