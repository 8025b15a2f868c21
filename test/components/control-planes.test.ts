/** Control planes that go for good: whom the program asks meanwhile, and what happens to their membership of etcd. */
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { HomelabConfig, NodeConfig } from "../../src/config/types.ts";
import { optionsOf, resource } from "./support/find.ts";
import { nodeOf, rack } from "./support/homelabs.ts";
import { called, failure, hook, KUBECONFIG } from "./support/hooks.ts";
import type { Run } from "./support/mock-engine.ts";
import { runHomelab } from "./support/run-homelab.ts";

const ADDRESSES = { "cp-1": "10.20.0.11", "cp-2": "10.20.0.12", "cp-3": "10.20.0.13", "cp-4": "10.20.0.14" };
const TALOSCONFIG = "talos:client/getConfiguration:getConfiguration";

/** The first control plane makes room for a fourth. */
function replacing(): HomelabConfig {
  const config = rack();
  const [first, ...others] = config.nodes as [NodeConfig, ...NodeConfig[]];
  const fourth = { ...nodeOf(config, "cp-3"), name: "cp-4", vmId: 244, address: ADDRESSES["cp-4"] };
  config.upgrade.talosctl = "/nowhere/talosctl";
  return { ...config, nodes: [{ ...first, retiring: true }, ...others, fourth] };
}

describe("while the first one retires", () => {
  let run: Run<unknown>;
  beforeAll(async () => {
    run = await runHomelab(replacing());
  });

  test("those that stay are asked for the kubeconfig, and are in the talosconfig", () => {
    expect(resource(run, "rack-talos-kubeconfig").inputs).toMatchObject({
      node: ADDRESSES["cp-2"],
      endpoint: ADDRESSES["cp-2"],
    });
    expect(called(run, TALOSCONFIG).map(({ inputs }) => inputs["endpoints"])).toEqual([
      ["cp-2", "cp-3", "cp-4"].map((name) => ADDRESSES[name as keyof typeof ADDRESSES]),
    ]);
  });

  test("it is a control plane like the others to etcd, whose members the state knows", () => {
    const members = resource(run, "rack-etcd-members");
    expect(members.inputs).toEqual({ input: ADDRESSES });
    expect(optionsOf(members)).toMatchObject({ dependsOn: ["rack-traefik-deployed"] });
    expect(optionsOf(resource(run, "settled"))).toMatchObject({ dependsOn: ["rack-etcd-members"] });
  });

  test("nothing about the bootstrap follows it", () => {
    expect(optionsOf(resource(run, "rack-talos-bootstrap")).ignoreChanges).toEqual([
      "node",
      "endpoint",
      "clientConfiguration",
    ]);
  });
});

describe("the members of etcd", () => {
  const { "cp-1": first, ...others } = ADDRESSES;

  const update = (run: Run<unknown>, before: object, after: object) =>
    hook(run, "rack-etcd-members", "beforeUpdate", {
      oldInputs: { input: before },
      newInputs: { input: after },
    });

  test("that come are no matter here", async () => {
    const run = await runHomelab(replacing());
    await update(run, others, ADDRESSES);
    expect(called(run, KUBECONFIG)).toEqual([]);
  });

  test("that go leave in order, which the preview says and talosctl does", async () => {
    const run = await runHomelab(replacing());
    const told = vi.spyOn(pulumi.log, "info").mockResolvedValue();
    expect(await failure(update(run, { "cp-1": first, ...others }, others))).toContain("/nowhere/talosctl");
    expect(told.mock.calls.map(([text]) => text)).toEqual([
      "cp-1: leaves etcd before its machine is deleted",
    ]);
    told.mockRestore();
  });
});
