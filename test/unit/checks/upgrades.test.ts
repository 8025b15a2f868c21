import { describe, expect, test } from "vitest";
import {
  copiesKept,
  oneNodeDown,
  quorumKept,
  servicesBack,
  upgradedOnce,
} from "../../../rehearsal/checks/upgrades.ts";
import type { Evidence } from "../../../rehearsal/checks/check.ts";
import type { EventKind, WorldEvent } from "../../../rehearsal/world/record.ts";

type Entry = [at: number, kind: EventKind, subject: string, detail?: Record<string, unknown>];

const UPGRADE: Entry = [1, "upgrade-started", "cp-1"];

function evidence(
  entries: Entry[],
  options: { before?: number; controlPlanes?: number; vms?: number[] } = {},
): Evidence {
  const { before = 0, controlPlanes = 3, vms = [126, 127] } = options;
  const events = entries.map(([at, kind, subject, detail]): WorldEvent => ({
    at,
    kind,
    subject,
    text: `${kind} ${subject}`,
    severity: "info",
    ...(detail ? { detail } : {}),
  }));
  const proxmox = { vms: Object.fromEntries(vms.map((vmId) => [vmId, {}])) };
  return {
    eventsBefore: before,
    config: { nodes: Array.from({ length: controlPlanes }, () => ({ role: "controlplane" })) },
    world: { state: { events, proxmox, clusters: {} } },
  } as unknown as Evidence;
}

const all = [oneNodeDown, quorumKept, copiesKept, upgradedOnce, servicesBack];

describe("checks of an upgrade", () => {
  test("say nothing of a run without one", () => {
    const run = evidence([
      [1, "node-down", "cp-1", { vmId: 126 }],
      [2, "etcd-quorum-lost", "lab"],
    ]);
    expect(all.map((check) => check(run))).toEqual([undefined, undefined, undefined, undefined, undefined]);
    const earlier = evidence([UPGRADE, [2, "vm-started", "126"]], { before: 1 });
    expect(all.map((check) => check(earlier))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
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

  test("an upgrade to the same image is done once, in this run and those before", () => {
    const done = (to: string, schematic = "a"): Entry => [
      20,
      "upgrade-done",
      "cp-1",
      { vmId: 126, to, schematic },
    ];
    expect(upgradedOnce(evidence([done("v1.12.1"), UPGRADE, done("v1.12.1")], { before: 1 }))).toMatchObject({
      ok: false,
      detail: "cp-1 was upgraded twice to v1.12.1 with schematic a",
    });
    expect(upgradedOnce(evidence([UPGRADE, done("v1.12.1"), done("v1.12.1", "b")]))).toMatchObject({
      ok: true,
    });
    const replaced: Entry[] = [UPGRADE, done("v1.12.1"), [30, "vm-created", "126"], done("v1.12.1")];
    expect(upgradedOnce(evidence(replaced))).toMatchObject({ ok: true });
  });

  test("how long what serves was away is told, also where only a chart was upgraded", () => {
    const run = evidence([
      [10, "workload-away", "traefik/traefik"],
      [41, "workload-back", "traefik/traefik"],
    ]);
    expect(servicesBack(run)).toMatchObject({ ok: true, detail: "workload-back traefik/traefik" });
    const away = evidence([UPGRADE]);
    (away.world.state.clusters as Record<string, unknown>)["c"] = { away: { "traefik/traefik": 5 } };
    expect(servicesBack(away)).toMatchObject({ ok: false, detail: "no pod of traefik/traefik runs" });
  });
});
