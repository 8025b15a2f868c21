import { beforeEach, describe, expect, it } from "vitest";
import { clearFault, hasFault, setFault } from "../../../../rehearsal/world/kernel/faults.ts";
import { unknownDocument } from "../../../../rehearsal/world/talos/machine-config/compatibility.ts";
import { listImages, pullForClient } from "../../../../rehearsal/world/talos/machined/installers.ts";
import { machineStatus } from "../../../../rehearsal/world/talos/machined/status.ts";
import { isUp } from "../../../../rehearsal/world/talos/network/addresses.ts";
import { rebootNode, upgrade } from "../../../../rehearsal/world/talos/machined/upgrade.ts";
import { bringUp, installer, machine, nodeOf, pass, WORKER } from "../../../support/world/cluster.ts";
import { Lab } from "../../../support/world/lab.ts";

let lab: Lab;
let schematic: string;
beforeEach(async () => {
  lab = await Lab.open();
  schematic = await bringUp(lab, { controlPlanes: 1 });
});

async function upgraded(vmId: number, image: string): Promise<void> {
  await upgrade(lab.world, machine(lab, vmId), { image });
  await lab.world.ended();
}

describe("a fault", () => {
  it("stays until it is mended, for its subject alone, and in the saved world", () => {
    setFault(lab.world, "pull-fails", 126);
    setFault(lab.world, "pull-fails", 126);
    setFault(lab.world, "volume-does-not-heal", "*");
    expect(lab.world.state.faults).toEqual([
      { kind: "pull-fails", subject: "126" },
      { kind: "volume-does-not-heal", subject: "*" },
    ]);
    expect(hasFault(lab.world, "pull-fails", 129)).toBe(false);
    expect(hasFault(lab.world, "volume-does-not-heal", "pvc-1")).toBe(true);
    clearFault(lab.world, "pull-fails", 129);
    expect(hasFault(lab.world, "pull-fails", 126)).toBe(true);
    clearFault(lab.world, "pull-fails");
    expect(hasFault(lab.world, "pull-fails", 126)).toBe(false);
  });
});

describe("pulling an image", () => {
  const pull = (reference: string, vmId = 129) =>
    pullForClient(lab.world, machine(lab, vmId), "system", reference);

  it("takes its time once, and shows in the list of its namespace", async () => {
    const reference = installer(schematic, "v1.12.1");
    const began = lab.clock.now();
    await pull(reference);
    const took = lab.clock.now() - began;
    expect(took).toBeGreaterThan(30);
    await pull(reference);
    expect(lab.clock.now() - began).toBe(took);
    expect(listImages(lab.world, machine(lab, 129), "system")).toMatchObject([{ reference }]);
    expect(listImages(lab.world, machine(lab, 129), "k8s.io")).toEqual([]);
  });

  it("fails in containerd's words for what the factory does not know", async () => {
    for (const reference of [
      installer(schematic, "v1.12.99"),
      installer("0".repeat(64), "v1.12.1"),
      "factory.talos.dev/nocloud-installer/nonsense:v1",
    ]) {
      await expect(pull(reference)).rejects.toThrow(
        `rpc error: code = NotFound desc = error pulling image: failed to pull image "${reference}": ` +
          `failed to resolve reference "${reference}": ${reference}: not found`,
      );
    }
    const bad = lab.world.state.factory!.schematics[schematic]!;
    bad.extensions = ["siderolabs/no-such-thing"];
    await expect(pull(installer(schematic, "v1.12.1"))).rejects.toThrow("400 Bad Request");
  });

  it("is not spared the upgrade, whose containerd is another one", async () => {
    const reference = installer(schematic, "v1.12.1");
    await pull(reference);
    await upgraded(129, reference);
    expect(lab.texts("image-pulled")).toHaveLength(2);
    // What lies in memory is gone with the boot, what lies on EPHEMERAL is not.
    expect(machine(lab, 129).installers).toBeUndefined();
    expect(listImages(lab.world, machine(lab, 129), "system")).toHaveLength(1);
  });

  it("is given up after twenty minutes where no registry can be reached; nothing has moved", async () => {
    setFault(lab.world, "pull-fails", 129);
    const began = lab.clock.now();
    const reference = installer(schematic, "v1.12.1");
    await expect(pull(reference)).rejects.toThrow("dial tcp: i/o timeout");
    expect(lab.clock.now() - began).toBeGreaterThanOrEqual(1200);
    await expect(upgraded(129, reference)).rejects.toThrow("error validating installer image");
    expect(lab.texts("node-down")).toEqual([]);
    clearFault(lab.world, "pull-fails", 129);
    await upgraded(129, reference);
    expect(lab.texts("upgrade-done")).toHaveLength(1);
  });
});

describe("a reboot that hangs", () => {
  beforeEach(async () => {
    setFault(lab.world, "reboot-hangs", 129);
    await upgraded(129, installer(schematic, "v1.12.1"));
  });

  it("keeps the node away for good", async () => {
    await pass(lab, 3600);
    expect(isUp(lab.world, 129)).toBe(false);
    expect(nodeOf(lab, "worker-1").downSince).toBeDefined();
    expect(lab.texts("boot-failed")).toEqual(["worker-1 hangs in its reboot: it takes a power cycle"]);
  });

  it("ends with a power cycle, in the new image", async () => {
    await lab.stop(129);
    await lab.start(129);
    await pass(lab, 120);
    expect(machine(lab, 129).image.version).toBe("v1.12.1");
    expect(nodeOf(lab, "worker-1").downSince).toBeUndefined();
  });

  it("ends when the fault is mended", async () => {
    clearFault(lab.world, "reboot-hangs", 129);
    await pass(lab, 300);
    expect(isUp(lab.world, 129)).toBe(true);
    expect(nodeOf(lab, "worker-1").downSince).toBeUndefined();
  });
});

describe("a new image that does not come up", () => {
  it("leaves the node with the old one, and a changed boot id", async () => {
    setFault(lab.world, "boot-falls-back", 129);
    const before = machine(lab, 129).bootId;
    await upgraded(129, installer(schematic, "v1.12.1"));
    expect(machine(lab, 129)).toMatchObject({ image: { version: "v1.12.0" } });
    expect(machine(lab, 129).bootId).not.toBe(before);
    expect(nodeOf(lab, "worker-1").downSince).toBeUndefined();
    expect(lab.texts("upgrade-done")).toEqual([]);
    expect(lab.texts("boot-failed")[0]).toContain("did not come up with Talos v1.12.1");
    clearFault(lab.world, "boot-falls-back");
    await upgraded(129, installer(schematic, "v1.12.1"));
    expect(machine(lab, 129).image.version).toBe("v1.12.1");
  });
});

describe("the machine's status", () => {
  it("is running and ready only when the node is", async () => {
    expect(machineStatus(lab.world, machine(lab, 129))).toEqual({
      stage: "running",
      status: { ready: true, unmetConditions: [] },
    });
    await lab.stop(129);
    await lab.start(129);
    await lab.world.settle();
    expect(machineStatus(lab.world, machine(lab, 129)).status.ready).toBe(true);
    await lab.stop(129);
    lab.world.state.proxmox.vms[129]!.power = "running";
    await lab.world.systems.lifecycle.powerOn(lab.world, 129);
    await lab.clock.sleep(36);
    const booting = machineStatus(lab.world, machine(lab, 129));
    expect(booting).toMatchObject({ stage: "booting", status: { ready: false } });
    expect(booting.status.unmetConditions.map(({ name }) => name)).toEqual(["services", "nodeReady"]);
  });

  it("names etcd when it does not work, and what the machine is in the middle of", async () => {
    setFault(lab.world, "etcd-member-fails", 126);
    expect(machineStatus(lab.world, machine(lab, 126)).status.unmetConditions[0]).toEqual({
      name: "services",
      reason: "etcd not healthy",
    });
    clearFault(lab.world, "etcd-member-fails");
    rebootNode(lab.world, machine(lab, 126));
    expect(machineStatus(lab.world, machine(lab, 126)).stage).toBe("rebooting");
    await lab.world.ended();
    expect(machineStatus(lab.world, machine(lab, 126)).stage).toBe("running");
  });
});

describe("Talos 1.11", () => {
  const OLD = { talosVersion: "v1.11", kubernetesVersion: "1.34.1" };
  beforeEach(async () => {
    lab = await Lab.open();
    schematic = await bringUp(lab, { controlPlanes: 1, version: "v1.11.5", config: OLD });
  });

  it("refuses the documents of 1.12, and a Kubernetes that it does not run", async () => {
    const newer = await lab.config({ role: "worker", hostname: "worker-1", address: WORKER });
    await expect(lab.apply(WORKER, newer)).rejects.toThrow(
      'rpc error: code = InvalidArgument desc = "HostnameConfig" "v1alpha1": not registered',
    );
    const older = machine(lab, 129).machineConfig!;
    await expect(lab.apply(WORKER, older.replaceAll("v1.34.1", "v1.35.0"))).rejects.toThrow(
      "version of Kubernetes 1.35.0 is too new to be used with Talos 1.11.5",
    );
  });

  it("takes them once it is 1.12, and keeps its config on the way", async () => {
    const before = machine(lab, 129).machineConfig;
    await upgraded(129, installer(schematic, "v1.12.0"));
    expect(machine(lab, 129).machineConfig).toBe(before);
    await lab.apply(WORKER, await lab.config({ role: "worker", hostname: "worker-1", address: WORKER }));
    // And does not come up any more when it is put back.
    await upgraded(129, installer(schematic, "v1.11.5"));
    expect(isUp(lab.world, 129)).toBe(false);
    expect(lab.texts("boot-failed")[0]).toContain('"HostnameConfig" "v1alpha1": not registered');
  });

  it("knows the kinds of its time", () => {
    expect(unknownDocument("v1.11.0", "apiVersion: v1alpha1\nkind: UserVolumeConfig\n")).toBeUndefined();
    expect(unknownDocument("v1.12.0", "apiVersion: v1alpha1\nkind: LinkConfig\n")).toBeUndefined();
    expect(unknownDocument("v1.11.0", "apiVersion: v1alpha1\nkind: LinkConfig\n")).toContain("LinkConfig");
  });
});
