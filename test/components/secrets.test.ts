import { beforeAll, describe, expect, test } from "vitest";
import type { Output } from "@pulumi/pulumi";
import { type HomelabOutputs, longhornOutput, nodeOutput, traefikOutput } from "../../src/outputs.ts";
import { lab } from "./support/homelabs.ts";
import { SCHEMATIC_ID, SECRET_TEXTS } from "./support/mock-answers.ts";
import type { Run } from "./support/mock-engine.ts";
import { runHomelab } from "./support/run-homelab.ts";
import { masked, secret, settled } from "./support/secrets.ts";
import { ingressStage } from "../../src/stages.ts";

describe("secrets of the lab", () => {
  let run: Run<HomelabOutputs>;
  beforeAll(async () => {
    run = await runHomelab(lab());
  });

  const bare = (value: unknown) =>
    Object.entries(SECRET_TEXTS)
      .filter(([, text]) => JSON.stringify(value).includes(text))
      .map(([name]) => name);

  test("are all there, or their absence would prove nothing", () => {
    const said = [run.resources.map((it) => [it.inputs, it.outputs])];
    expect(bare(said).sort()).toEqual(["clientKey", "generated", "kubeconfig", "talosconfig", "token"]);
  });

  test("reach the engine wrapped wherever they occur", () => {
    for (const { name, inputs, outputs } of run.resources) {
      expect({ name, bare: bare(masked([inputs, outputs])) }).toEqual({ name, bare: [] });
    }
  });

  test("are in no option, name or hook of a resource", () => {
    const rest = run.resources.map(({ urn, options }) => ({ urn, options }));
    expect(bare([rest, [...run.hooks.keys()]])).toEqual([]);
  });

  test("outputs: exactly these, talosconfig and kubeconfig secret", async () => {
    const { talosconfig, kubeconfig, ...plain } = run.result;
    expect(await settled(talosconfig)).toEqual(secret(`${SECRET_TEXTS.talosconfig} lab`));
    expect(await settled(kubeconfig)).toEqual(secret(SECRET_TEXTS.kubeconfig));
    expect(plain).toStrictEqual({
      clusterName: "lab",
      endpoint: "https://192.168.1.126:6443",
      nodes: lab().nodes.map(nodeOutput),
      schematicId: SCHEMATIC_ID,
      installerImage: `factory.talos.dev/nocloud-installer/${SCHEMATIC_ID}:v1.12.0`,
      longhorn: longhornOutput(lab().longhorn),
      traefik: traefikOutput(ingressStage(lab())),
    });
  });

  test("components register the same outputs, still secret", () => {
    const homelab = run.resources.find((it) => it.type === "homelab:index:Homelab");
    expect(homelab?.outputs).toMatchObject({
      talosconfig: secret(`${SECRET_TEXTS.talosconfig} lab`),
      kubeconfig: secret(SECRET_TEXTS.kubeconfig),
    });
  });

  test("the helper that tells secrets from plain values can tell", async () => {
    const { output, secret: wrap } = await import("@pulumi/pulumi");
    const values: Output<unknown>[] = [output("a"), wrap("a")];
    expect(await Promise.all(values.map(settled))).toEqual(["a", secret("a")]);
    expect(masked({ a: [secret("b")], c: "d" })).toEqual({ a: ["[secret]"], c: "d" });
  });
});
