/** Machines that come later, or again: proven alone, given a config, never a second bootstrap. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { TWO_COPIES, worker2 } from "../support/overlays.ts";
import { causes, runningBench, type Bench } from "../support/rehearse.ts";

const JOINING = [`nodes[2]=${worker2()}`, TWO_COPIES];

let lab: Bench;

beforeAll(async () => {
  lab = await runningBench();
});

afterAll(() => lab.remove());

test("a worker that joins later is looked at alone, and the others are left in peace", async () => {
  const report = await lab.run("up", { overlays: JOINING });
  expect(causes(report)).toBe("");
  const inspected = report.events.filter(({ kind }) => kind === "disks-inspected");
  expect(new Set(inspected.map(({ detail }) => detail?.["vmId"]))).toEqual(new Set([128]));
  const applied = report.events.filter(({ kind }) => kind === "config-applied");
  expect(applied.map(({ subject }) => subject)).toEqual(["worker-2"]);
  expect(report.events.filter(({ kind }) => kind === "bootstrap")).toEqual([]);
});

test("a volume of exactly a data disk's size does not disturb the proof of the next node", async () => {
  await lab.during({ overlays: JOINING }, async ({ world }) => {
    const { clusterOf } = await import("../../../rehearsal/world/kubernetes/cluster.ts");
    const { hostOf } = await import("../../../rehearsal/world/talos/host.ts");
    const { attachVolume, createVolume } =
      await import("../../../rehearsal/world/longhorn/volumes/volumes.ts");
    const [id] = Object.keys(world.state.clusters);
    const cluster = clusterOf(world, id!, (vmId) => hostOf(world, vmId));
    for (const node of ["worker-1", "worker-2"]) {
      const volume = await createVolume(cluster, {
        claim: `default/as-large-as-${node}`,
        sizeBytes: 42949672960,
        ignoreCapacity: true,
      });
      await attachVolume(cluster, volume.name, node);
    }
    await world.commit();
  });
  const report = await lab.run("up", {
    overlays: [...JOINING, "network.nameservers=[9.9.9.9]"],
  });
  expect(causes(report)).toBe("");
  expect(report.events.filter(({ kind }) => kind === "format")).toEqual([]);
});

test("a machine that was deleted by hand is made again and joins again, without a second bootstrap", async () => {
  await lab.during({ overlays: JOINING }, async ({ world }) => {
    const { destroyVm } = await import("../../../rehearsal/world/proxmox/qemu/vms.ts");
    const { stop } = await import("../../../rehearsal/world/proxmox/qemu/power.ts");
    await stop(world, "pve", 128).run();
    await destroyVm(world, "pve", 128).run();
    await world.commit();
  });
  // In the time of the program, which is not scaled: what no waiting mends need not be waited for long.
  const options = {
    overlays: [...JOINING, "network.nameservers=[9.9.9.9]", "upgrade.timeouts.volumes=5"],
  };
  await lab.run("refresh", options);
  const report = await lab.run("up", options);
  // Longhorn never takes the new, empty disk for the one it knew there, and the run does not end well until it has been told.
  expect(causes(report)).toMatch(/longhorn/i);
  const applied = report.events.filter(({ kind }) => kind === "config-applied");
  expect(applied.map(({ subject }) => subject)).toEqual(["worker-2"]);
  expect(report.events.filter(({ kind }) => kind === "bootstrap")).toEqual([]);
  expect(report.events.filter(({ severity }) => severity === "catastrophe")).toEqual([]);
  expect(report.checks.find(({ id }) => id === "nodes")?.ok).toBe(true);
});
