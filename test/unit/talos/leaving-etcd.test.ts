/** A control plane that goes for good, on a fake cluster: when it may leave etcd, how, and what keeps it. */
import { describe, expect, test } from "vitest";
import type { NodeConfig } from "../../../src/config/types.ts";
import { leaveEtcd } from "../../../src/talos/leaving-etcd.ts";
import { nodeOf, rack } from "../../components/support/homelabs.ts";
import { FakeCluster } from "./upgrade/support/fake-cluster.ts";
import { TIMEOUTS } from "./upgrade/support/step.ts";

const CP_4: NodeConfig = { ...nodeOf(rack(), "cp-3"), name: "cp-4", vmId: 244, address: "10.20.0.14" };
const FOUR = [...rack().nodes, CP_4];

interface Left {
  error: string | undefined;
  lines: string[];
}

async function leaving(
  cluster: FakeCluster,
  name: string,
  changes: { sharedAddress?: boolean; staying?: string[]; next?: string[] } = {},
): Promise<Left> {
  const lines: string[] = [];
  const staying = changes.staying ?? ["cp-1", "cp-2", "cp-3", "cp-4"].filter((other) => other !== name);
  try {
    await leaveEtcd({
      access: cluster,
      leaving: { name, address: cluster.node(name).config.address },
      staying: staying.map((other) => cluster.node(other).config),
      next: (changes.next ?? []).map((other) => cluster.node(other).config),
      sharedAddress: changes.sharedAddress ?? false,
      talosVersion: "v1.12.0",
      timeouts: TIMEOUTS,
      clock: cluster.clock,
      log: (line) => void lines.push(line),
    });
    return { error: undefined, lines };
  } catch (error) {
    return { error: (error as Error).message, lines };
  }
}

const members = (cluster: FakeCluster) =>
  cluster.nodes.filter(({ member }) => member).map(({ config }) => config.name);

describe("a control plane leaves", () => {
  test("after a snapshot, told step by step", async () => {
    const cluster = new FakeCluster(FOUR);
    expect(await leaving(cluster, "cp-2")).toEqual({
      error: undefined,
      lines: [
        "cp-2: etcd's snapshot is in /snapshots/cp-1-v1.12.0.db",
        "cp-2: left etcd, of which cp-1, cp-3, cp-4 stay members",
      ],
    });
    expect(cluster.done).toEqual(["snapshot cp-1", "leave cp-2"]);
    expect(members(cluster)).toEqual(["cp-1", "cp-3", "cp-4"]);
  });

  test("gives up the leadership first", async () => {
    const cluster = new FakeCluster(FOUR);
    expect((await leaving(cluster, "cp-1")).error).toBeUndefined();
    expect(cluster.done).toEqual(["snapshot cp-2", "forfeit cp-1", "leave cp-1"]);
  });

  test("is removed by another where it does not answer any more", async () => {
    const cluster = new FakeCluster(FOUR);
    cluster.node("cp-3").silent = "no route to host";
    expect((await leaving(cluster, "cp-3")).error).toBeUndefined();
    expect(cluster.done).toEqual(["snapshot cp-1", "remove cp-3 via cp-1"]);
  });

  test("does nothing where it is no member: a run may have been cut off behind it", async () => {
    const cluster = new FakeCluster(FOUR);
    await leaving(cluster, "cp-2");
    cluster.done.length = 0;
    expect((await leaving(cluster, "cp-2")).lines).toEqual(["cp-2: is no member of etcd"]);
    expect(cluster.done).toEqual([]);
  });

  test("down to one, one after the other", async () => {
    const cluster = new FakeCluster(rack().nodes);
    const last = { staying: ["cp-1"], next: ["cp-3"] };
    expect((await leaving(cluster, "cp-2", last)).error).toBeUndefined();
    expect((await leaving(cluster, "cp-3", { staying: ["cp-1"] })).error).toBeUndefined();
    expect(members(cluster)).toEqual(["cp-1"]);
  });

  test("is done only once the API answers without a gap at an address that may have been its own", async () => {
    const cluster = new FakeCluster(FOUR);
    cluster.instead.set("leave cp-2", () => {
      cluster.node("cp-2").member = undefined;
      cluster.clock.after(1, () => (cluster.kubernetesSilent = "connection refused"));
      cluster.clock.after(60, () => (cluster.kubernetesSilent = undefined));
      return Promise.resolve();
    });
    const begun = cluster.clock.now();
    const { error, lines } = await leaving(cluster, "cp-2", { sharedAddress: true });
    expect(error).toBeUndefined();
    expect(lines).toContain("cp-2: waiting: the Kubernetes API does not answer: connection refused");
    expect(cluster.clock.now() - begun).toBeGreaterThan(65_000);
  });
});

describe("it stays", () => {
  const STAYS = "Its machine runs on, and nothing was deleted. Once that is mended, run `pulumi up` again";
  const late = "etcd was not fit for it in time (900 s, homelab:upgrade.timeouts.healthy)";

  test.each<[string, (cluster: FakeCluster) => unknown, string]>([
    ["another does not answer", (it) => (it.node("cp-3").silent = "gone"), "etcd on cp-3 does not answer"],
    [
      "another has not caught up yet",
      (it) => (it.node("cp-4").member!.learner = true),
      "etcd on cp-4 is a learner: it has not caught up yet",
    ],
    [
      "another reports an error",
      (it) => (it.node("cp-4").member!.errors = "etcdserver: no leader"),
      "etcd on cp-4 reports: etcdserver: no leader",
    ],
    ["another never joined", (it) => (it.node("cp-4").member = undefined), "etcd on cp-4 does not answer"],
    [
      "etcd raised an alarm",
      (it) => it.alarms.push({ member: "0000000000000001", alarm: "NOSPACE" }),
      "etcd raised the alarm NOSPACE: `talosctl etcd alarm list`",
    ],
  ])("while %s", async (_, change, reason) => {
    const cluster = new FakeCluster(FOUR);
    change(cluster);
    const { error } = await leaving(cluster, "cp-2");
    expect(error).toContain(`cp-2: ${late}:\n  ${reason}`);
    expect(error).toContain(STAYS);
    expect(cluster.done).toEqual([]);
    expect(members(cluster)).toContain("cp-2");
  });

  test("where a dead member would leave the others without a majority", async () => {
    const cluster = new FakeCluster([...FOUR, { ...CP_4, name: "cp-5" }]);
    for (const dead of ["cp-4", "cp-5"]) cluster.node(dead).silent = "gone";
    const { error } = await leaving(cluster, "cp-2", { staying: ["cp-1", "cp-3"] });
    expect(error).toContain("without it etcd has 4 voting members and needs 3 of them, of which 2 answer");
    expect(cluster.done).toEqual([]);
  });

  test("without a snapshot, or when the order fails", async () => {
    for (const [action, told] of [
      ["snapshot cp-1", "cp-2: no snapshot of etcd could be taken:\n  disk full"],
      ["leave cp-2", "cp-2: it could not leave etcd:\n  disk full"],
    ] as const) {
      const cluster = new FakeCluster(FOUR);
      cluster.instead.set(action, () => Promise.reject(new Error("disk full")));
      const { error } = await leaving(cluster, "cp-2");
      expect(error).toContain(told);
      expect(error).toContain(STAYS);
      expect(members(cluster)).toContain("cp-2");
    }
  });

  test("what mends itself in time is waited for", async () => {
    const cluster = new FakeCluster(FOUR);
    cluster.node("cp-4").member!.learner = true;
    cluster.clock.after(120, () => (cluster.node("cp-4").member!.learner = false));
    const { error, lines } = await leaving(cluster, "cp-2");
    expect(error).toBeUndefined();
    expect(lines[0]).toBe("cp-2: waiting: etcd on cp-4 is a learner: it has not caught up yet");
  });
});
