/** What no waiting changes is said at once, and everything else is waited for. */
import { expect, test } from "vitest";
import type { StorageVolume } from "../../../../src/observe/picture.ts";
import { lab, rack } from "../../../components/support/homelabs.ts";
import { clusterOf, step } from "./support/step.ts";

const VOLUME: StorageVolume = {
  name: "pvc-1",
  claim: "traefik/acme",
  copies: 2,
  state: "attached",
  robustness: "healthy",
};
const copy = (node: string) => ({ volume: "pvc-1", node, healthy: true });
const AT_ONCE = /^worker-1: waiting would not make the cluster fit for its upgrade:\n/;

test.each([
  ["one copy, on the node", { copies: 1 }, "is made with one copy, which is on worker-1"],
  [
    "one copy, detached",
    { copies: 1, state: "detached", robustness: "unknown" },
    "add `single-replica` to homelab:allow",
  ],
  [
    "more copies than data disks",
    { copies: 4, robustness: "degraded" },
    "with 4 copies, each on a node of its own, and data disks are on 3 nodes",
  ],
])("%s", async (_name, changes, told) => {
  const cluster = clusterOf(rack());
  cluster.storageNow = {
    volumes: [{ ...VOLUME, ...changes }],
    replicas: [copy("worker-1")],
  };
  const { error, lines } = await step(cluster, "worker-1");
  expect(error).toMatch(AT_ONCE);
  expect(error).toContain(told);
  expect([cluster.clock.now(), lines, cluster.done]).toEqual([0, [], []]);
});

test("one node with a data disk is told how to get a second", async () => {
  const config = lab();
  const cluster = clusterOf({
    ...config,
    nodes: config.nodes.map(({ dataDisk, ...node }) =>
      node.name === "cp-1" || !dataDisk ? node : { ...node, dataDisk },
    ),
  });
  cluster.storageNow = { volumes: [{ ...VOLUME, robustness: "degraded" }], replicas: [copy("worker-1")] };
  const { error } = await step(cluster, "worker-1");
  expect(error).toContain("data disks are on 1 node: add one, or lower its copies to 1 in Longhorn's UI");
});

test("a copy that is being rebuilt is waited for", async () => {
  const cluster = clusterOf(rack());
  cluster.storageNow = { volumes: [{ ...VOLUME, robustness: "degraded" }], replicas: [copy("worker-1")] };
  const { error } = await step(cluster, "worker-1");
  expect(error).toContain("the cluster was not fit for its upgrade in time");
  expect(cluster.clock.now()).toBe(900_000);
});

test("one copy passes with consent, and on another node without", async () => {
  const cluster = clusterOf(rack());
  cluster.storageNow = { volumes: [{ ...VOLUME, copies: 1 }], replicas: [copy("worker-1")] };
  expect((await step(cluster, "worker-1", { allow: ["single-replica"] })).error).toBeUndefined();
  const other = clusterOf(rack());
  other.storageNow = cluster.storageNow;
  expect((await step(other, "worker-2")).error).toBeUndefined();
});
