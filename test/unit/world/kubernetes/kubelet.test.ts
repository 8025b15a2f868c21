import { beforeEach, describe, expect, test } from "vitest";
import { compareVersions } from "../../../../rehearsal/world/kernel/versions.ts";
import { settleKubelets, skewProblem } from "../../../../rehearsal/world/kubernetes/nodes/kubelet.ts";
import { checkPath, parsePath } from "../../../../rehearsal/world/kubernetes/nodes/upgrade-path.ts";
import { readyNodes } from "../../../../rehearsal/world/kubernetes/cluster.ts";
import type { MachineState } from "../../../../rehearsal/world/talos/state.ts";
import { fakeCluster, notes, type FakeCluster } from "../../../support/world/fake-cluster.ts";

let cluster: FakeCluster;

/** What the node's machine config says by now. */
function configured(vmId: number, kubernetesVersion: string, apiServerVersion?: string): void {
  const facts = { kubernetesVersion, ...(apiServerVersion ? { apiServerVersion } : {}) };
  const image = { version: "v1.12.0", schematicId: "abc" };
  cluster.world.state.machines[vmId] = {
    vmId,
    facts,
    image,
    bootId: "boot-1",
    volumes: [],
  } as unknown as MachineState;
  settleKubelets(cluster);
}

beforeEach(() => {
  cluster = fakeCluster();
  configured(101, "1.34.2", "1.34.2");
  configured(102, "1.34.2");
  cluster.state.kubernetesVersion = "1.34.2";
});

const worker = () => cluster.state.nodes["worker-1"]!;
const ready = () => readyNodes(cluster).map(({ name }) => name);

describe("a kubelet", () => {
  test("restarts with the version that its node's config names, and its node is Ready again after a while", async () => {
    configured(102, "1.34.3");
    expect(worker().kubelet).toEqual({ version: "1.34.3" });
    expect(ready()).toEqual(["cp-1"]);
    await cluster.world.clock.sleep(25);
    expect(ready()).toEqual(["cp-1", "worker-1"]);
    expect(notes(cluster, "kubelet-restarted")).toEqual([
      "the kubelet of worker-1 is v1.34.3 now, after v1.34.2",
    ]);
  });

  test("that is newer than the API server is not Ready, until the API server follows", async () => {
    configured(102, "1.35.0");
    await cluster.world.clock.sleep(1000);
    expect(ready()).toEqual(["cp-1"]);
    expect(worker().kubelet?.skew).toContain("kubelet v1.35.0 is newer than kube-apiserver v1.34.2");
    configured(101, "1.34.2", "1.35.0");
    await cluster.world.clock.sleep(30);
    settleKubelets(cluster);
    expect(ready()).toEqual(["cp-1", "worker-1"]);
    expect(worker().kubelet).toEqual({ version: "1.35.0" });
  });

  test("may be three minors older, not four, and no minor newer", () => {
    expect(skewProblem("1.32.9", "1.35.0")).toBeUndefined();
    expect(skewProblem("1.31.9", "1.35.0")).toContain("more than three minor versions older");
    expect(skewProblem("1.35.9", "1.35.0")).toBeUndefined();
    expect(skewProblem("1.36.0", "1.35.9")).toContain("newer");
  });

  test("reports its boot and image only when it is Ready", async () => {
    expect(worker().report).toEqual({ bootId: "boot-1", talosVersion: "v1.12.0", schematicId: "abc" });
    worker().readyAt = cluster.world.clock.now() + 10;
    Object.assign(cluster.world.state.machines[102]!, { bootId: "boot-2" });
    settleKubelets(cluster);
    expect(worker().report?.bootId).toBe("boot-1");
    await cluster.world.clock.sleep(10);
    settleKubelets(cluster);
    expect(worker().report?.bootId).toBe("boot-2");
  });
});

describe("the API server", () => {
  test("of a lone control plane is away while it restarts", () => {
    configured(101, "1.34.2", "1.34.3");
    expect(cluster.state.kubernetesVersion).toBe("1.34.3");
    expect(cluster.state.apiUpAt).toBeGreaterThan(cluster.world.clock.now());
  });

  test("of several is as old as the oldest, and others answer meanwhile", () => {
    cluster = fakeCluster([1, 2, 3].map((n) => ({ name: `cp-${n}`, vmId: 100 + n, controlPlane: true })));
    for (const vmId of [101, 102, 103]) configured(vmId, "1.34.2", "1.34.2");
    cluster.state.kubernetesVersion = "1.34.2";
    for (const vmId of [101, 102]) configured(vmId, "1.34.2", "1.35.0");
    expect(cluster.state.kubernetesVersion).toBe("1.34.2");
    configured(103, "1.34.2", "1.35.0");
    expect(cluster.state.kubernetesVersion).toBe("1.35.0");
    expect(cluster.state.apiUpAt).toBe(0);
  });
});

describe("paths of an upgrade", () => {
  test.each([
    ["1.34.2", "1.35.0"],
    ["1.35.0", "1.35.3"],
    ["v1.35.3", "v1.35.0"],
    ["1.34", "1.35"],
  ])("%s to %s is one", (from, to) => expect(() => checkPath(parsePath(from, to))).not.toThrow());

  test.each([
    ["1.33.0", "1.35.0", "unsupported upgrade path 1.33->1.35"],
    ["1.35.0", "1.34.9", "unsupported upgrade path 1.35->1.34"],
    ["1.35.0", "1.36.0", "unsupported upgrade path 1.35->1.36"],
    ["1.35.0", "2.0.0", "unsupported upgrade path 1.35->2.0"],
    ["latest", "1.35.0", "error parsing from version"],
    ["1.35.0", "", "error parsing to version"],
  ])("%s to %s is none", (from, to, message) =>
    expect(() => checkPath(parsePath(from, to))).toThrow(message),
  );

  test("versions are compared by their numbers", () => {
    expect(["1.35.10", "1.35.9", "1.4.0"].sort(compareVersions)).toEqual(["1.4.0", "1.35.9", "1.35.10"]);
  });
});
