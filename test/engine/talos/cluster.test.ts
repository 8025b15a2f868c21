/** The talos provider under the real engine: secrets, configs, disks, apply, bootstrap, kubeconfig on simulated machines. */
import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumiverse/talos";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { talosProvider } from "../../../rehearsal/providers/talos/index.ts";
import { serveProvider } from "../../../rehearsal/providers/server/index.ts";
import type { World } from "../../../rehearsal/world/kernel/world.ts";
import { Lab, RIGHT_SELECTOR, userVolume } from "../../support/world/lab.ts";
import { openStack, type EngineStack } from "./lab.ts";
import { runningWorld } from "../../support/world/world.ts";

const CP = "192.168.1.126";
const settings = { selector: RIGHT_SELECTOR, sysctl: "1", schematic: "customization: {}\n" };

let world: World;
let engine: EngineStack;

beforeAll(async () => {
  const lab = await Lab.open();
  lab.addVm({ vmId: 100, name: "cp-1", address: CP });
  world = runningWorld(lab.world, 300);
  world.state.proxmox.vms[100]!.power = "running";
  await world.systems.lifecycle.powerOn(world, 100);
  engine = await openStack([await serveProvider(talosProvider(world))], program);
});
afterAll(() => engine.close());

function program() {
  const schematic = new talos.imagefactory.Schematic("image", { schematic: settings.schematic });
  const secrets = new talos.machine.Secrets("secrets", { talosVersion: "v1.12" });
  const { clientConfiguration } = secrets;
  const config = talos.machine.getConfigurationOutput({
    clusterName: "lab",
    clusterEndpoint: `https://${CP}:6443`,
    machineType: "controlplane",
    machineSecrets: secrets.machineSecrets,
    talosVersion: "v1.12",
    kubernetesVersion: "1.35.0",
  });
  const apply = new talos.machine.ConfigurationApply("apply", {
    node: CP,
    clientConfiguration,
    machineConfigurationInput: config.machineConfiguration,
    configPatches: [
      userVolume(settings.selector),
      `machine: {sysctls: {vm.overcommit_memory: "${settings.sysctl}"}}`,
    ],
  });
  const bootstrap = new talos.machine.Bootstrap(
    "bootstrap",
    { node: CP, clientConfiguration },
    { dependsOn: apply },
  );
  const kubeconfig = new talos.cluster.Kubeconfig(
    "kubeconfig",
    { node: CP, clientConfiguration },
    { dependsOn: bootstrap },
  );
  const disks = talos.machine.getDisksOutput({
    node: kubeconfig.node,
    clientConfiguration,
    selector: 'disk.transport == "virtio"',
  });
  return Promise.resolve({
    schematic: schematic.id,
    mode: apply.resolvedApplyMode,
    kubeconfig: kubeconfig.kubeconfigRaw,
    host: kubeconfig.kubernetesClientConfiguration.host,
    sizes: pulumi.unsecret(disks).disks.apply((found) => found.map(({ prettySize }) => prettySize)),
  });
}

function kinds(): string[] {
  return world.state.events.map(({ kind }) => kind);
}

async function changes(): Promise<Record<string, number>> {
  return { ...(await engine.stack.up()).summary.resourceChanges };
}

describe("the talos provider under the engine", () => {
  it("previews a fresh stack without touching a node", async () => {
    const before = kinds().length;
    const { changeSummary } = await engine.stack.preview();
    expect(changeSummary).toEqual({ create: 6 });
    expect(kinds()).toHaveLength(before);
    expect(world.state.factory).toBeUndefined();
  });

  it("brings a cluster up", async () => {
    const { outputs, summary } = await engine.stack.up();
    expect(summary.resourceChanges).toEqual({ create: 6 });
    expect(outputs["schematic"]!.value).toBe(
      "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba",
    );
    expect(outputs["mode"]!.value).toBe("auto");
    expect(outputs["host"]!.value).toBe(`https://${CP}:6443`);
    expect(outputs["kubeconfig"]).toMatchObject({ secret: true });
    expect(outputs["sizes"]!.value).toEqual(["34 GB", "43 GB"]);
    await world.clock.sleep(300);
    await world.settle();
    expect(Object.keys(Object.values(world.state.clusters)[0]!.nodes)).toHaveLength(1);
  });

  it("keeps every secret out of the state, the engine's output and the record", async () => {
    const config = world.state.machines[100]!.machineConfig!;
    const secrets = [...config.matchAll(/(?:token|secret|key|secretboxEncryptionSecret): (\S{20,})/g)].map(
      ([, text]) => text!,
    );
    expect(secrets.length).toBeGreaterThan(6);
    const places = [await engine.state(), engine.output.join(""), JSON.stringify(world.state.events)];
    for (const secret of secrets) for (const place of places) expect(place.includes(secret)).toBe(false);
  });

  it("changes nothing when nothing changed, nor on a refresh", async () => {
    expect(await changes()).toEqual({ same: 6 });
    expect((await engine.stack.refresh()).summary.resourceChanges).toEqual({ same: 6 });
  });

  it("applies a changed config in place, without a reboot where Talos needs none", async () => {
    settings.sysctl = "0";
    const boots = kinds().filter((kind) => kind === "boot").length;
    expect(await changes()).toEqual({ same: 5, update: 1 });
    expect(kinds().filter((kind) => kind === "boot")).toHaveLength(boots);
    const applied = world.state.events.filter(({ kind }) => kind === "config-applied");
    expect(applied.at(-1)!.text).toBe("cp-1 got a changed config (no_reboot)");
  });

  it("updates a schematic in place and keeps its old id", async () => {
    settings.schematic =
      "customization: {systemExtensions: {officialExtensions: [siderolabs/iscsi-tools]}}\n";
    const { outputs, summary } = await engine.stack.up();
    expect(summary.resourceChanges).toEqual({ same: 5, update: 1 });
    expect(outputs["schematic"]!.value).toBe(
      "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba",
    );
    expect(Object.keys(world.state.factory!.schematics)).toHaveLength(2);
  });

  it("destroys without touching the node", async () => {
    await engine.stack.destroy();
    expect(world.state.machines[100]!.facts).toBeDefined();
    expect(kinds()).not.toContain("etcd-member-removed");
  });
});
