/**
 * Three control planes and three workers through a patch, a minor and an extension; on the way something goes wrong with a
 * node in the middle of the chain, at every step that can go wrong. Each run stops there and says so, leaves the others
 * alone, and once the cause is gone the next one goes on where it stopped.
 *
 * The extension alone, or all of it with CAMPAIGN=all, as the campaign does.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Report } from "../../../rehearsal/report.ts";
import { clearFault, setFault } from "../../../rehearsal/world/kernel/faults.ts";
import type { FaultKind } from "../../../rehearsal/world/kernel/state.ts";
import { volumeOfClaim } from "../../../rehearsal/world/longhorn/volumes/volumes.ts";
import type { World } from "../../../rehearsal/world/kernel/world.ts";
import { clusterIn, copies, readData } from "../safety/support.ts";
import { causes, runningBench, type Bench } from "../support/rehearse.ts";
import { IMPATIENT, mostDownAtOnce, rebootsByNode, upgradesByNode, writeAtRest } from "./support.ts";

const WHOLE = process.env["CAMPAIGN"] === "all";
const CHAIN = ["cp-1", "cp-2", "cp-3", "worker-1", "worker-2", "worker-3"];
const VM: Record<string, number> = { "cp-2": 2012, "cp-3": 2013, "worker-1": 2021 };
const talos = (version: string, ...more: string[]) => [`cluster.talosVersion=${version}`, IMPATIENT, ...more];

const FROM = talos(WHOLE ? "v1.11.5" : "v1.12.0");

let rack: Bench;

beforeAll(async () => {
  rack = await runningBench({ stack: "rack", overlays: FROM }, "all");
  await rack.during({ overlays: FROM }, ({ world }) => writeAtRest(world, "worker-1"));
});

afterAll(() => rack.remove());

/** What holds in every run, failed or not. */
function expectKept(report: Report): void {
  expect(report.events.filter(({ severity }) => severity === "catastrophe")).toEqual([]);
  const kinds = new Set(report.events.map(({ kind }) => kind));
  for (const bad of ["format", "volume-unreadable", "vm-deleted", "bootstrap", "etcd-quorum-lost"] as const) {
    expect(kinds).not.toContain(bad);
  }
  expect(mostDownAtOnce(report)).toBeLessThanOrEqual(1);
}

/** An `up` while something is broken, which is mended afterwards: it fails, and has done no harm. */
async function upBroken(overlays: string[], kind: FaultKind, subject: number | string): Promise<Report> {
  const change = (use: (world: World) => void) =>
    rack.during({ overlays }, async ({ world }) => {
      use(world);
      await world.commit();
    });
  await change((world) => setFault(world, kind, subject));
  const report = await rack.run("up", { overlays });
  await change((world) => clearFault(world, kind));
  expect(report.ok).toBe(false);
  expectKept(report);
  return report;
}

/** In use by the one pod that stays on its node, so that it lacks a copy after every step that takes a replica down. */
const ingressVolume = (overlays: string[]): Promise<string> =>
  rack.during({ overlays }, ({ world }) =>
    Promise.resolve(volumeOfClaim(clusterIn(world), "traefik/traefik")!.name),
  );

const upgrades = (nodes: string[], version: string) =>
  Object.fromEntries(nodes.map((node) => [node, [version]]));

const PATCH = talos("v1.11.6");
const MINOR = talos("v1.12.0");
const EXTENDED = talos("v1.12.0", "cluster.extensions=[siderolabs/intel-ucode, siderolabs/zfs]");

describe.runIf(WHOLE)("disturbed", () => {
  test("a patch stops where an image cannot be pulled: nothing of that node has moved", async () => {
    const report = await upBroken(PATCH, "pull-fails", VM["cp-2"]!);
    expect(causes(report)).toMatch(/cp-2[^]*pull/);
    expect(upgradesByNode(report)).toEqual(upgrades(["cp-1"], "v1.11.6"));
    expect(rebootsByNode(report)).toEqual({ "cp-1": 1 });
  });

  test("it goes on there, and stops where a reboot hangs", async () => {
    const overlays = [...PATCH, "upgrade.timeouts.upgrade=15"];
    const report = await upBroken(overlays, "reboot-hangs", VM["cp-3"]!);
    expect(causes(report)).toMatch(/cp-3[^]*homelab:upgrade\.timeouts\.upgrade/);
    expect(Object.keys(upgradesByNode(report))).not.toContain("cp-1");
    expect(Object.keys(rebootsByNode(report)).filter((node) => node.startsWith("worker"))).toEqual([]);
  });

  test("mended, it finishes, and upgrades nothing twice", async () => {
    const report = await rack.run("up", { overlays: PATCH });
    expect(causes(report)).toBe("");
    expect(upgradesByNode(report)).toMatchObject(upgrades(["worker-1", "worker-2", "worker-3"], "v1.11.6"));
    for (const done of ["cp-1", "cp-2"]) expect(rebootsByNode(report)[done]).toBeUndefined();
    expectKept(report);
  });

  test("a minor stops where a node falls back to its old image", async () => {
    const report = await upBroken(MINOR, "boot-falls-back", VM["worker-1"]!);
    expect(causes(report)).toMatch(/worker-1[^]*v1\.11\.6/);
    expect(upgradesByNode(report)).toEqual(upgrades(["cp-1", "cp-2", "cp-3"], "v1.12.0"));
    expect(rebootsByNode(report)["worker-2"]).toBeUndefined();
    expect(report.events.some(({ kind }) => kind === "kubernetes-upgraded")).toBe(false);
  });

  test("it goes on there, and stops where a volume does not heal", async () => {
    const overlays = [...MINOR, "upgrade.timeouts.volumes=10"];
    const report = await upBroken(overlays, "volume-does-not-heal", await ingressVolume(overlays));
    expect(causes(report)).toMatch(/degraded/);
    expect(upgradesByNode(report)["worker-3"]).toBeUndefined();
  });

  test("mended, it finishes, Kubernetes comes after the last node, and every node is where it should be", async () => {
    const report = await rack.run("up", { overlays: MINOR });
    expect(causes(report)).toBe("");
    expect(report.events.some(({ kind }) => kind === "kubernetes-upgraded")).toBe(true);
    for (const done of ["cp-1", "cp-2", "cp-3"]) expect(rebootsByNode(report)[done]).toBeUndefined();
    expectKept(report);
    const again = await rack.run("up", { overlays: MINOR });
    expect(Object.keys(again.changes)).toEqual(["same"]);
  });

  test("nobody goes down while etcd lacks a member", async () => {
    const overlays = [...EXTENDED, "upgrade.timeouts.healthy=10"];
    const report = await upBroken(overlays, "etcd-member-fails", VM["cp-2"]!);
    expect(causes(report)).toMatch(/etcd[^]*cp-2/);
    expect(rebootsByNode(report)).toEqual({});
  });
});

test("an extension reaches every node, each rebooted once, a snapshot before each control plane", async () => {
  const report = await rack.run("up", { overlays: EXTENDED });
  expect(causes(report)).toBe("");
  expect(upgradesByNode(report)).toEqual(upgrades(CHAIN, "v1.12.0"));
  expect(rebootsByNode(report)).toEqual(Object.fromEntries(CHAIN.map((node) => [node, 1])));
  expect(report.events.filter(({ kind }) => kind === "etcd-snapshot")).toHaveLength(3);
  expectKept(report);
  await rack.during({ overlays: EXTENDED }, ({ world }) => {
    expect(readData(world)).toBe("precious");
    expect(copies(world).length).toBeGreaterThan(1);
    return Promise.resolve();
  });
});
