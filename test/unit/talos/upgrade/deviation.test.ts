import { describe, expect, test } from "vitest";
import { findDeviatingNodes } from "../../../../src/talos/upgrade/deviation.ts";
import type { FakeCluster } from "./support/fake-cluster.ts";
import { clusterOf, NEW_SCHEMATIC, target, TIMEOUTS } from "./support/step.ts";

async function deviating(cluster: FakeCluster): Promise<string[]> {
  const found = await findDeviatingNodes({
    access: cluster,
    targets: cluster.nodes.map(({ config }) => ({ node: config, image: target(config.name) })),
    timeouts: TIMEOUTS,
    clock: cluster.clock,
    log: () => undefined,
  });
  return found.map(({ node }) => node.name);
}

function allThere(): FakeCluster {
  const cluster = clusterOf();
  for (const node of cluster.nodes)
    Object.assign(node, { talosVersion: "v1.12.1", schematicId: NEW_SCHEMATIC });
  return cluster;
}

test("nobody, where every node runs what it should", async () => {
  expect(await deviating(allThere())).toEqual([]);
});

test("those of another version or another schematic", async () => {
  const cluster = allThere();
  cluster.node("cp-2").talosVersion = "v1.12.0";
  cluster.node("worker-3").schematicId = "c".repeat(64);
  expect(await deviating(cluster)).toEqual(["cp-2", "worker-3"]);
});

test("a node whose schematic is not known yet is waited for, one of another version is not", async () => {
  const cluster = allThere();
  Object.assign(cluster.node("cp-1"), { talosVersion: "v1.11.0", schematicId: undefined });
  expect(await deviating(cluster)).toEqual(["cp-1"]);
  cluster.node("worker-3").schematicId = undefined;
  cluster.clock.after(10, () => (cluster.node("worker-3").schematicId = NEW_SCHEMATIC));
  expect(await deviating(cluster)).toEqual(["cp-1"]);
  expect(cluster.clock.now()).toBeGreaterThanOrEqual(10_000);
});

describe("not known in time", () => {
  test.each([
    [
      "which image a node runs",
      (cluster: FakeCluster) => (cluster.node("cp-1").schematicId = undefined),
      "Talos has not said yet which image cp-1 runs",
    ],
    [
      "a node at all",
      (cluster: FakeCluster) => (cluster.node("cp-1").unconfigured = true),
      "cp-1 is no node of Kubernetes",
    ],
    [
      "anything",
      (cluster: FakeCluster) => (cluster.kubernetesSilent = "ECONNREFUSED"),
      "the Kubernetes API does not answer: ECONNREFUSED",
    ],
  ])("%s", async (_what, spoil, reason) => {
    const cluster = allThere();
    spoil(cluster);
    await expect(deviating(cluster)).rejects.toThrow(
      `Cluster: it did not become known in time what every node runs (900 s, homelab:upgrade.timeouts.ready):\n  ${reason}\n`,
    );
  });
});
