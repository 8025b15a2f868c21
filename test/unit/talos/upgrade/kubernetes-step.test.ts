import { describe, expect, test } from "vitest";
import { upgradeKubernetes } from "../../../../src/talos/upgrade/kubernetes-step.ts";
import type { FakeCluster } from "./support/fake-cluster.ts";
import { clusterOf, TIMEOUTS } from "./support/step.ts";

async function upgrade(cluster: FakeCluster, to = "1.35.1") {
  const lines: string[] = [];
  const error = await upgradeKubernetes({
    access: cluster,
    nodes: cluster.nodes.map(({ config }) => config),
    to,
    timeouts: TIMEOUTS,
    clock: cluster.clock,
    log: (line) => void lines.push(line),
  }).then(
    () => undefined,
    (reason: unknown) => (reason as Error).message,
  );
  return { error, lines };
}

test("is checked first, then done once, then every kubelet is looked at", async () => {
  const cluster = clusterOf();
  cluster.progress = [
    "automatically detected the lowest Kubernetes version 1.35.0",
    'updating "kube-apiserver" to version "1.35.1"',
    ' > "10.20.0.11": starting update',
    " > update kube-apiserver: 1.35.0 -> 1.35.1",
    ' < "10.20.0.11": successfully updated',
    'updating kubelet to version "1.35.1"',
    ' < "10.20.0.99": successfully updated',
  ];
  const { error, lines } = await upgrade(cluster);
  expect(error).toBeUndefined();
  expect(cluster.done).toEqual(["upgrade-k8s --dry-run 1.35.1", "upgrade-k8s 1.35.1"]);
  expect(lines).toEqual([
    "Kubernetes: checked, 1.35.1 can be installed",
    "Kubernetes: updating kube-apiserver",
    "Kubernetes: done on cp-1",
    "Kubernetes: updating kubelet",
    "Kubernetes: done on 10.20.0.99",
    "Kubernetes: 1.35.1 on every node after 0 s",
  ]);
});

test("waits for a kubelet that restarts", async () => {
  const cluster = clusterOf();
  cluster.instead.set("upgrade-k8s 1.35.1", () => {
    for (const node of cluster.nodes) node.kubeletVersion = "v1.35.1";
    cluster.node("worker-3").kubeletVersion = "v1.35.0";
    cluster.clock.after(20, () => (cluster.node("worker-3").kubeletVersion = "v1.35.1"));
    return Promise.resolve();
  });
  const { error, lines } = await upgrade(cluster);
  expect(error).toBeUndefined();
  expect(lines).toContain("Kubernetes: waiting: the kubelet of worker-3 is v1.35.0");
});

test("has nothing to do where no node is configured yet", async () => {
  const cluster = clusterOf();
  for (const node of cluster.nodes) node.unconfigured = true;
  const { error, lines } = await upgrade(cluster);
  expect(error).toBeUndefined();
  expect(cluster.done).toEqual([]);
  expect(lines).toEqual(["Kubernetes: there is no cluster yet, so nothing is upgraded"]);
});

test("leaves out a node that joins", async () => {
  const cluster = clusterOf();
  cluster.node("worker-3").unconfigured = true;
  expect((await upgrade(cluster)).error).toBeUndefined();
});

describe("is refused", () => {
  test("where a kubelet is more than a minor version behind", async () => {
    const cluster = clusterOf();
    cluster.node("worker-1").kubeletVersion = "v1.33.4";
    const { error } = await upgrade(cluster, "1.35.1");
    expect(error).toBe(
      [
        "Kubernetes: there is no way to the wanted version:",
        '  worker-1: homelab:cluster.kubernetesVersion: 1.33.4 runs, and "1.35.1" skips a minor, which Kubernetes does not ' +
          "support; allowed are 1.33 and 1.34: set a release of 1.34, `up`, then go on to 1.35.1",
        "Nothing was changed. Set homelab:cluster.kubernetesVersion to what every node can become. Then, run `pulumi up` again: it " +
          "goes on here. What comes after was not touched.",
      ].join("\n"),
    );
    expect(cluster.done).toEqual([]);
  });

  test("with a talosctl too far from what the nodes run", async () => {
    const cluster = clusterOf();
    cluster.client = "v1.14.0";
    expect((await upgrade(cluster)).error).toContain(
      "Kubernetes: talosctl cannot be used: it is v1.14.0, more than one minor version away from v1.12.0.\nNothing was changed.",
    );
  });
});

describe("stops", () => {
  test("before anything, when the dry run fails", async () => {
    const cluster = clusterOf();
    cluster.instead.set("upgrade-k8s --dry-run 1.35.1", () =>
      Promise.reject(new Error("`talosctl upgrade-k8s`: deprecated API in use")),
    );
    const { error } = await upgrade(cluster);
    expect(error).toMatch(
      /^Kubernetes: talosctl finds the way to 1\.35\.1 blocked:\n {2}`talosctl upgrade-k8s`: deprecated API in use\nNothing was changed\./,
    );
    expect(cluster.done).toEqual(["upgrade-k8s --dry-run 1.35.1"]);
  });

  test("in the middle, and says that it can be repeated", async () => {
    const cluster = clusterOf();
    cluster.instead.set("upgrade-k8s 1.35.1", () => Promise.reject(new Error("no end within 3600 s")));
    const { error } = await upgrade(cluster);
    expect(error).toBe(
      [
        "Kubernetes: the upgrade to 1.35.1 did not come to its end (its limit: 3600 s, homelab:upgrade.timeouts.kubernetes):",
        "  no end within 3600 s",
        "Components and kubelets may be of both versions, which they tolerate. Once that is mended, run `pulumi up` again: it goes " +
          "on here. What comes after was not touched.",
      ].join("\n"),
    );
  });

  test("when a kubelet does not come up with it", async () => {
    const cluster = clusterOf();
    cluster.instead.set("upgrade-k8s 1.35.1", () => Promise.resolve());
    cluster.node("worker-3").ready = true;
    for (const node of cluster.nodes) node.kubeletVersion = "v1.35.1";
    cluster.node("worker-3").kubeletVersion = "v1.35.0";
    const { error } = await upgrade(cluster);
    expect(error).toContain(
      "Kubernetes: not every node became Ready with 1.35.1 in time (900 s, homelab:upgrade.timeouts.ready):\n  the kubelet of worker-3 " +
        "is v1.35.0\n",
    );
  });

  test.each([
    [
      "a node is silent",
      (cluster: FakeCluster) => (cluster.node("cp-2").silent = "i/o timeout"),
      "cp-2 does not answer: i/o timeout",
    ],
    [
      "a node reboots",
      (cluster: FakeCluster) => (cluster.node("cp-2").stage = "rebooting"),
      "cp-2 is rebooting",
    ],
    [
      "a node is not Ready",
      (cluster: FakeCluster) => void (cluster.node("cp-2").ready = false),
      "cp-2 is not Ready",
    ],
    [
      "the API is away",
      (cluster: FakeCluster) => (cluster.kubernetesSilent = "ECONNREFUSED"),
      "the Kubernetes API does not answer: ECONNREFUSED",
    ],
  ])("before anything, while %s", async (_what, spoil, reason) => {
    const cluster = clusterOf();
    spoil(cluster);
    const { error } = await upgrade(cluster);
    expect(error).toContain(
      "(900 s, homelab:upgrade.timeouts.healthy):\n  " + reason + "\nNothing was changed.",
    );
    expect(cluster.done).toEqual([]);
  });
});
