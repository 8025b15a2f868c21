import { describe, expect, test } from "vitest";
import { copiesKept, oneNodeDown, quorumKept } from "../../../rehearsal/checks/cluster/outages.ts";
import { evidence, UPGRADE, type Entry } from "./evidence.ts";

const down = (at: number, node: string, detail: Record<string, unknown> = {}): Entry => [
  at,
  "node-down",
  node,
  { vmId: 126, node, ...detail },
];

describe("checks of outages", () => {
  test("say nothing of a run in which no node that was Ready went down", () => {
    const runs = [
      evidence([[2, "etcd-quorum-lost", "lab"]]),
      evidence([down(1, "cp-1", { ready: false })]),
      evidence([down(1, "cp-1"), [2, "vm-deleted", "126"]], { vms: [127] }),
      evidence([down(1, "cp-1"), [2, "vm-started", "126"]], { before: 1 }),
    ];
    for (const run of runs) {
      expect([oneNodeDown, quorumKept, copiesKept].map((check) => check(run))).toEqual(
        Array(3).fill(undefined),
      );
    }
  });

  test("are for every run, not for upgrades alone", () => {
    const run = evidence([
      down(1, "cp-1", { ready: true }),
      [2, "etcd-quorum-lost", "lab"],
      down(3, "cp-2", { vmId: 127 }),
      [4, "volume-unreadable", "pvc-1", { wanted: 2 }],
      [50, "node-up", "cp-1", { at: 50 }],
      [51, "node-up", "cp-2", { at: 51 }],
    ]);
    expect(oneNodeDown(run)?.detail).toBe("cp-2 went down 47 s before cp-1 was back");
    expect(quorumKept(run)?.detail).toBe("etcd-quorum-lost lab");
    expect(copiesKept(run)?.detail).toBe("volume-unreadable pvc-1");
  });

  test("no node goes down while copies are missing that the run itself took away, or for an upgrade", () => {
    const up = (at: number, node: string): Entry => [at, "node-up", node, { at }];
    const exposed = (since: number): Entry => [60, "volume-exposed", "pvc-1", { node: "cp-2", since }];
    const both = (since: number) => [
      down(10, "cp-1"),
      up(50, "cp-1"),
      exposed(since),
      down(60, "cp-2"),
      up(90, "cp-2"),
    ];
    expect(copiesKept(evidence(both(11)))).toMatchObject({ ok: false, detail: "volume-exposed pvc-1" });
    expect(copiesKept(evidence(both(5)))).toMatchObject({ ok: true });
    const alone = [exposed(5), down(60, "cp-2"), up(90, "cp-2")];
    expect(copiesKept(evidence(alone))).toMatchObject({ ok: true });
    expect(copiesKept(evidence([[55, "upgrade-started", "cp-2"], ...alone]))).toMatchObject({ ok: false });
  });

  test("one node down at a time, by the times at which it happened and not by the order of the record", () => {
    const one: Entry[] = [
      UPGRADE,
      [10, "node-down", "cp-1", { vmId: 126 }],
      [300, "node-up", "cp-1", { vmId: 126, at: 100 }],
      [150, "node-down", "cp-2", { vmId: 127 }],
      [310, "node-up", "cp-2", { vmId: 127, at: 200 }],
    ];
    expect(oneNodeDown(evidence(one))).toEqual({
      id: "one-node-down",
      ok: true,
      detail: "one node after the other was down: cp-1 for 90 s, cp-2 for 50 s",
    });
    const overlapping = one.map((entry) =>
      entry[1] === "node-down" && entry[2] === "cp-2" ? ([90, ...entry.slice(1)] as Entry) : entry,
    );
    expect(oneNodeDown(evidence(overlapping))).toMatchObject({
      ok: false,
      detail: "cp-2 went down 10 s before cp-1 was back",
    });
  });

  test("a node that stays down is told, one that was deleted is not", () => {
    const run: Entry[] = [UPGRADE, [10, "node-down", "cp-1", { vmId: 126 }]];
    expect(oneNodeDown(evidence(run))).toMatchObject({ ok: false, detail: "cp-1 is still down" });
    const deleted = evidence([...run, [12, "vm-deleted", "126"]], { vms: [127] });
    expect(oneNodeDown(deleted)).toMatchObject({ ok: true });
  });

  test("quorum is asked of three control planes, not of one", () => {
    const run: Entry[] = [UPGRADE, [20, "etcd-quorum-lost", "lab"]];
    expect(quorumKept(evidence(run))).toMatchObject({ ok: false, detail: "etcd-quorum-lost lab" });
    expect(quorumKept(evidence([UPGRADE]))).toMatchObject({ ok: true });
    expect(quorumKept(evidence(run, { controlPlanes: 1 }))).toBeUndefined();
  });

  test("a volume whose copies were all away fails, unless it is meant to have one", () => {
    const unreadable = (wanted: number): Entry => [20, "volume-unreadable", "pvc-1", { wanted }];
    expect(copiesKept(evidence([UPGRADE, unreadable(2)]))).toMatchObject({ ok: false });
    expect(copiesKept(evidence([UPGRADE, unreadable(1)]))).toMatchObject({ ok: true });
  });
});
