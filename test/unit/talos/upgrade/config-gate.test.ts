import { describe, expect, test } from "vitest";
import type { Turn } from "../../../../src/hooks/turns.ts";
import { passConfigGate } from "../../../../src/talos/upgrade/config-gate.ts";
import { lab } from "../../../components/support/homelabs.ts";
import type { FakeCluster } from "./support/fake-cluster.ts";
import { clusterOf, TIMEOUTS } from "./support/step.ts";

async function pass(cluster: FakeCluster, name: string, turn: Turn) {
  const lines: string[] = [];
  const verdict = await passConfigGate({
    access: cluster,
    node: cluster.node(name).config,
    nodes: cluster.nodes.map(({ config }) => config),
    turn,
    timeouts: TIMEOUTS,
    clock: cluster.clock,
    log: (line) => void lines.push(line),
  }).catch((error: unknown) => (error as Error).message);
  return { verdict, lines };
}

const first: Turn = { first: true, others: () => false };
const next: Turn = { first: false, others: () => false };

function withVolume(copiesOn: string[], changes: object = {}, cluster = clusterOf()): FakeCluster {
  const volume = {
    name: "pvc-1",
    claim: "traefik/acme",
    state: "attached",
    robustness: "healthy",
    copies: 2,
    ...changes,
  };
  const replicas = copiesOn.map((node) => ({ volume: "pvc-1", node, healthy: true }));
  cluster.storageNow = { volumes: [volume], replicas };
  return cluster;
}

/** A data disk on worker-1 alone. */
function oneDisk(): FakeCluster {
  const config = lab();
  const bare = ({ dataDisk, ...node }: (typeof config.nodes)[number]) =>
    dataDisk && node.name === "worker-1" ? { ...node, dataDisk } : node;
  return clusterOf({ ...config, nodes: config.nodes.map(bare) });
}

const LAST = "the only healthy copy of volume traefik/acme (pvc-1) is on worker-1";
const DEGRADED = "volume traefik/acme (pvc-1) is degraded, not healthy";

describe("before the first of a run", () => {
  test("a healthy cluster, and one that does not answer, are no obstacle", async () => {
    expect((await pass(withVolume(["worker-1", "worker-2"]), "worker-1", first)).verdict).toBe("go");
    const silent = clusterOf();
    silent.kubernetesSilent = "ECONNREFUSED";
    expect((await pass(silent, "worker-1", first)).verdict).toBe("go");
  });

  test("mere unhealth is none either: the update may be what mends it", async () => {
    const cluster = withVolume(["worker-1", "worker-2"], { robustness: "degraded" });
    cluster.node("cp-3").ready = false;
    expect((await pass(cluster, "worker-1", first)).verdict).toBe("go");
  });

  test("the last copy of some data is waited for to get company", async () => {
    const cluster = withVolume(["worker-1"], { robustness: "degraded" });
    cluster.clock.after(60, () =>
      cluster.storageNow.replicas.push({ volume: "pvc-1", node: "worker-2", healthy: true }),
    );
    const { verdict, lines } = await pass(cluster, "worker-1", first);
    expect(verdict).toBe("go");
    expect(lines).toEqual([`worker-1: waiting: ${LAST}`]);
  });

  test("and is refused when it gets none", async () => {
    const { verdict } = await pass(withVolume(["worker-1"], { robustness: "degraded" }), "worker-1", first);
    expect(verdict).toBe(
      [
        "worker-1: its config was not changed, for it may reboot to take it over (3600 s, homelab:upgrade.timeouts.volumes):",
        `  ${LAST}`,
        "It was not touched and runs what it ran before. Mend that. Then, run `pulumi up` again: it goes on here. What comes after was " +
          "not touched.",
      ].join("\n"),
    );
  });

  test("where others wait, one of them goes first: it may be the one with the other copies", async () => {
    const cluster = withVolume(["worker-1"], { robustness: "degraded" });
    expect((await pass(cluster, "worker-1", { first: true, others: () => true })).verdict).toBe("later");
  });

  test("a node that is not Ready has nothing more to lose", async () => {
    const cluster = withVolume(["worker-1"]);
    cluster.node("worker-1").ready = false;
    expect((await pass(cluster, "worker-1", first)).verdict).toBe("go");
  });

  test("a volume made with one copy is only away for a while", async () => {
    expect((await pass(withVolume(["worker-1"], { copies: 1 }), "worker-1", first)).verdict).toBe("go");
  });
});

describe("before the next ones", () => {
  test("every volume must be whole again", async () => {
    const cluster = withVolume(["worker-1", "worker-2"], { robustness: "degraded" });
    cluster.clock.after(60, () => (cluster.storageNow.volumes[0]!.robustness = "healthy"));
    const { verdict, lines } = await pass(cluster, "cp-1", next);
    expect(verdict).toBe("go");
    expect(lines).toEqual([`cp-1: waiting: ${DEGRADED}`]);
  });

  test("and it is refused when they do not become so", async () => {
    const cluster = withVolume(["worker-1", "worker-2"], { robustness: "degraded" });
    expect((await pass(cluster, "cp-1", next)).verdict).toContain(
      `homelab:upgrade.timeouts.volumes):\n  ${DEGRADED}\n`,
    );
  });

  test("a copy elsewhere is needed, on a node that runs", async () => {
    const cluster = withVolume(["worker-1", "worker-2"]);
    cluster.node("worker-2").ready = false;
    expect((await pass(cluster, "worker-1", next)).verdict).toContain(`  ${LAST}\n`);
  });

  test.each([
    [
      "the Kubernetes API does not answer: ECONNREFUSED",
      (cluster: FakeCluster) => (cluster.kubernetesSilent = "ECONNREFUSED"),
    ],
    [
      "Longhorn's volumes cannot be read: HTTP 500",
      (cluster: FakeCluster) => (cluster.storage = () => Promise.reject(new Error("HTTP 500"))),
    ],
  ])("%s: nothing is taken for granted", async (reason, spoil) => {
    const cluster = clusterOf();
    spoil(cluster);
    expect((await pass(cluster, "worker-1", next)).verdict).toContain(`  ${reason}\n`);
  });
});

describe("what no waiting changes is said at once", () => {
  test.each([
    ["the last copy, and no second disk anywhere", first],
    ["the same before the next", next],
  ])("%s", async (_name, turn) => {
    const cluster = withVolume(["worker-1"], { robustness: "degraded" }, oneDisk());
    const { verdict, lines } = await pass(cluster, "worker-1", turn);
    expect(verdict).toBe(
      [
        "worker-1: its config was not changed, for it may reboot to take it over, which waiting would not make the volumes bear:",
        "  volume traefik/acme (pvc-1) is made with 2 copies, each on a node of its own, and data disks are on 1 node: add one, or lower " +
          "its copies to 1 in Longhorn's UI",
        "It was not touched and runs what it ran before. Mend that. Then, run `pulumi up` again: it goes on here. What comes after was " +
          "not touched.",
      ].join("\n"),
    );
    expect([cluster.clock.now(), lines]).toEqual([0, []]);
  });

  test("more copies than disks, on other nodes than this one", async () => {
    const cluster = withVolume(["worker-1", "worker-2"], { robustness: "degraded", copies: 4 });
    expect((await pass(cluster, "cp-1", next)).verdict).toContain("data disks are on 3 nodes: add one");
    expect(cluster.clock.now()).toBe(0);
  });

  test("they do not stand before the first, which loses no last copy", async () => {
    const cluster = withVolume(["worker-1", "worker-2"], { robustness: "degraded", copies: 4 });
    expect((await pass(cluster, "worker-1", first)).verdict).toBe("go");
  });
});
