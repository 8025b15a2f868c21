import { describe, expect, test } from "vitest";
import type { Consent } from "../../../../src/config/types.ts";
import { reasonsToWait } from "../../../../src/talos/upgrade/gate.ts";
import { takePicture } from "../../../../src/observe/looks.ts";
import { lab } from "../../../components/support/homelabs.ts";
import type { FakeCluster } from "./support/fake-cluster.ts";
import { clusterOf } from "./support/step.ts";

async function reasons(cluster: FakeCluster, name: string, allow: Consent[] = []): Promise<string[]> {
  const declared = cluster.nodes.map(({ config }) => config);
  return reasonsToWait(await takePicture(cluster, declared), cluster.node(name).config, declared, allow);
}

test.each(["cp-1", "cp-3", "worker-2"])("%s of a healthy cluster may go down", async (name) => {
  expect(await reasons(clusterOf(), name)).toEqual([]);
});

test("the only control plane may, although the API goes with it", async () => {
  expect(await reasons(clusterOf(lab()), "cp-1")).toEqual([]);
});

describe("another node", () => {
  test.each(["upgrading", "rebooting", "booting", "shutting down", "resetting"])("is %s", async (stage) => {
    const cluster = clusterOf();
    Object.assign(cluster.node("worker-1"), { stage, unmet: ["nodeReady: no"] });
    expect(await reasons(cluster, "worker-2")).toEqual([`worker-1 is ${stage} (nodeReady: no)`]);
  });

  test("does not answer", async () => {
    const cluster = clusterOf();
    cluster.node("worker-1").silent = "i/o timeout";
    expect(await reasons(cluster, "worker-2")).toEqual(["worker-1 does not answer: i/o timeout"]);
  });

  test("is not Ready, or cordoned by somebody, or by Talos", async () => {
    const cluster = clusterOf();
    cluster.node("cp-1").ready = false;
    cluster.node("cp-2").cordoned = true;
    Object.assign(cluster.node("worker-1"), { cordoned: true, cordonedByTalos: true });
    expect(await reasons(cluster, "worker-2")).toEqual([
      "cp-1 is not Ready",
      "cp-2 is cordoned, and not by Talos: `kubectl uncordon cp-2`",
      "worker-1 is cordoned",
    ]);
  });

  test("joins: it has no config yet, and is nobody's business", async () => {
    const cluster = clusterOf();
    cluster.node("worker-3").unconfigured = true;
    cluster.node("cp-3").unconfigured = true;
    cluster.node("cp-3").member = undefined;
    // Two members are left, neither of which can be spared: a third that joins has to come first.
    expect(await reasons(cluster, "worker-2")).toEqual([]);
    expect(await reasons(cluster, "cp-1")).toEqual([
      "etcd has 2 voting members and needs 2 of them, but without cp-1 only 1 would answer",
    ]);
  });

  test("was made anew, and its old self is not Ready", async () => {
    const cluster = clusterOf();
    cluster.node("worker-3").unconfigured = true;
    const known = await cluster.kubernetesNodes();
    const ghost = { ...known[0]!, name: "worker-3", ready: false };
    cluster.kubernetesNodes = () => Promise.resolve([...known, ghost]);
    expect(await reasons(cluster, "worker-2")).toEqual([
      "worker-3 is not Ready: its machine was made anew and has no config yet; set the versions back, `up`, and upgrade once it is a " +
        "node again",
    ]);
  });

  test("runs Talos, but Kubernetes does not know it", async () => {
    const cluster = clusterOf();
    const known = await cluster.kubernetesNodes();
    cluster.kubernetesNodes = () => Promise.resolve(known.filter(({ name }) => name !== "worker-1"));
    expect(await reasons(cluster, "worker-2")).toEqual(["worker-1 is no node of Kubernetes"]);
  });

  test("is not declared at all, but there and not Ready", async () => {
    const cluster = clusterOf();
    const known = await cluster.kubernetesNodes();
    cluster.kubernetesNodes = () => Promise.resolve([...known, { ...known[0]!, name: "old", ready: false }]);
    expect(await reasons(cluster, "worker-2")).toEqual(["old is not Ready"]);
  });
});

describe("the node itself", () => {
  test("may be cordoned by Talos, as an upgrade that was cut off leaves it", async () => {
    const cluster = clusterOf();
    Object.assign(cluster.node("worker-2"), { cordoned: true, cordonedByTalos: true });
    expect(await reasons(cluster, "worker-2")).toEqual([]);
  });

  test("may not be cordoned by somebody else", async () => {
    const cluster = clusterOf();
    cluster.node("worker-2").cordoned = true;
    expect(await reasons(cluster, "worker-2")).toHaveLength(1);
  });
});

describe("etcd", () => {
  test("cannot spare another member while one is silent", async () => {
    const cluster = clusterOf();
    cluster.node("cp-3").silent = "i/o timeout";
    expect(await reasons(cluster, "cp-1")).toEqual([
      "cp-3 does not answer: i/o timeout",
      "etcd on cp-3 does not answer",
      "etcd has 3 voting members and needs 2 of them, but without cp-1 only 1 would answer",
    ]);
    // A worker costs no member, and yet nobody goes down while something is wrong.
    expect(await reasons(cluster, "worker-1")).toContain("etcd on cp-3 does not answer");
  });

  test("has a learner", async () => {
    const cluster = clusterOf();
    cluster.node("cp-3").member!.learner = true;
    expect(await reasons(cluster, "worker-1")).toEqual([
      "etcd's member cp-3 is a learner: it has not caught up yet",
    ]);
  });

  test("raised an alarm", async () => {
    const cluster = clusterOf();
    cluster.alarms = [{ member: cluster.node("cp-2").member!.id, alarm: "NOSPACE" }];
    expect(await reasons(cluster, "cp-1")).toEqual([
      "etcd raised the alarm NOSPACE on cp-2: `talosctl etcd alarm list`",
    ]);
  });

  test("reports an error of a member, which then does not count", async () => {
    const cluster = clusterOf();
    cluster.node("cp-2").member!.errors = "corrupt";
    expect(await reasons(cluster, "cp-1")).toEqual([
      "etcd on cp-2 reports: corrupt",
      "etcd has 3 voting members and needs 2 of them, but without cp-1 only 1 would answer",
    ]);
  });

  test("has no leader", async () => {
    const cluster = clusterOf();
    cluster.leader = undefined;
    expect(await reasons(cluster, "worker-1")).toEqual(["etcd's members do not agree on a leader"]);
  });

  test("has a member that no declared node is", async () => {
    const cluster = clusterOf();
    const etcd = await cluster.etcd(cluster.nodes.map(({ config }) => config));
    cluster.etcd = () =>
      Promise.resolve({
        ...etcd,
        members: [...etcd.members, { id: "f".repeat(16), hostname: "old", learner: false }],
      });
    expect(await reasons(cluster, "worker-1")).toEqual([
      "etcd's member old (ffffffffffffffff) does not answer, and no declared node is it",
    ]);
  });

  test("does not answer at all", async () => {
    const cluster = clusterOf();
    for (const name of ["cp-1", "cp-2", "cp-3"]) cluster.node(name).silent = "i/o timeout";
    expect(await reasons(cluster, "worker-1")).toContain("etcd does not answer: no control plane answers");
  });
});

test("the Kubernetes API does not answer", async () => {
  const cluster = clusterOf();
  cluster.kubernetesSilent = "ECONNREFUSED";
  expect(await reasons(cluster, "worker-1")).toEqual(["the Kubernetes API does not answer: ECONNREFUSED"]);
});

describe("storage", () => {
  const volume = (changes: object = {}) => ({
    name: "pvc-1",
    claim: "traefik/acme",
    state: "attached",
    robustness: "healthy",
    copies: 2,
    ...changes,
  });
  const copy = (node: string, healthy = true) => ({ volume: "pvc-1", node, healthy });

  test("whole volumes with a copy elsewhere", async () => {
    const cluster = clusterOf();
    cluster.storageNow = { volumes: [volume()], replicas: [copy("worker-1"), copy("worker-2")] };
    expect(await reasons(cluster, "worker-1")).toEqual([]);
    expect(await reasons(cluster, "worker-3")).toEqual([]);
  });

  test.each([
    ["degraded", "attached", ["volume traefik/acme (pvc-1) is degraded, not healthy"]],
    ["unknown", "attached", ["volume traefik/acme (pvc-1) is unknown, not healthy"]],
    ["faulted", "detached", ["volume traefik/acme (pvc-1) is faulted: no copy can be used"]],
    ["unknown", "detached", []],
  ])("a volume is %s while %s", async (robustness, state, expected) => {
    const cluster = clusterOf();
    cluster.storageNow = {
      volumes: [volume({ robustness, state })],
      replicas: [copy("worker-1"), copy("worker-2")],
    };
    expect(await reasons(cluster, "worker-3")).toEqual(expected);
  });

  test("a volume's only healthy copy is on the node, even one that is detached", async () => {
    const cluster = clusterOf();
    cluster.storageNow = {
      volumes: [volume({ state: "detached", robustness: "unknown" })],
      replicas: [copy("worker-1"), copy("worker-2", false)],
    };
    expect(await reasons(cluster, "worker-1")).toEqual([
      "the only healthy copy of volume traefik/acme (pvc-1) is on worker-1",
    ]);
    expect(await reasons(cluster, "worker-2")).toEqual([]);
  });

  test("a copy on a node that is not Ready is none to fall back on", async () => {
    const cluster = clusterOf();
    cluster.storageNow = { volumes: [volume()], replicas: [copy("worker-1"), copy("worker-2")] };
    cluster.node("worker-2").ready = false;
    expect(await reasons(cluster, "worker-1")).toContain(
      "the only healthy copy of volume traefik/acme (pvc-1) is on worker-1",
    );
  });

  test("a volume made with one copy is named, and passes only with consent", async () => {
    const cluster = clusterOf();
    cluster.storageNow = { volumes: [volume({ copies: 1, claim: undefined })], replicas: [copy("worker-1")] };
    expect(await reasons(cluster, "worker-1")).toEqual([
      "volume pvc-1 is made with one copy, which is on worker-1: it cannot be used while worker-1 is down; give it a second copy in " +
        "Longhorn's UI, for which a second node with a data disk is needed, or add `single-replica` to homelab:allow",
    ]);
    expect(await reasons(cluster, "worker-1", ["single-replica"])).toEqual([]);
    expect(await reasons(cluster, "worker-2")).toEqual([]);
  });

  test("consent is not for a volume that has lost its other copy", async () => {
    const cluster = clusterOf();
    cluster.storageNow = { volumes: [volume()], replicas: [copy("worker-1")] };
    expect(await reasons(cluster, "worker-1", ["single-replica"])).toEqual([
      "the only healthy copy of volume traefik/acme (pvc-1) is on worker-1",
    ]);
  });

  test("cannot be read", async () => {
    const cluster = clusterOf();
    cluster.storage = () => Promise.reject(new Error("HTTP 500"));
    expect(await reasons(cluster, "worker-1")).toEqual(["Longhorn's volumes cannot be read: HTTP 500"]);
  });
});
