import { expect, test } from "vitest";
import type { Evidence } from "../../../rehearsal/checks/check.ts";
import { protectedByDefault } from "../../../rehearsal/checks/program/protection.ts";
import { snapshotsTaken } from "../../../rehearsal/checks/cluster/snapshots.ts";
import type { StateResource } from "../../../rehearsal/engine/state.ts";

const nodes = [
  { name: "cp-1", role: "controlplane" },
  { name: "worker-1", role: "worker" },
];

const SECRETS = {
  urn: "s::p::talos:machine/secrets:Secrets::lab-secrets",
  type: "talos:machine/secrets:Secrets",
};
const kept = (node: string, protect = true): StateResource => ({
  urn: `s::p::pulumi:index:Stash::lab-${node}-kept`,
  type: "pulumi:index:Stash",
  protect,
});
const judge = (resources: StateResource[], unprotects = false) =>
  protectedByDefault({ config: { nodes }, states: { after: resources }, unprotects } as unknown as Evidence);

test("machines by their records, and the secrets themselves, are protected", () => {
  const all = [kept("cp-1"), kept("worker-1"), { ...SECRETS, protect: true }];
  expect(judge(all)).toMatchObject({ ok: true });
  expect(judge([kept("cp-1"), kept("worker-1", false), SECRETS])).toMatchObject({
    ok: false,
    detail:
      "the machine of worker-1 is not protected from a destroy; lab-secrets is not protected from a destroy",
  });
});

test("unless the environment says otherwise", () => {
  expect(judge([SECRETS], true)).toMatchObject({ ok: true });
});

const events = (...kinds: [string, string][]) => kinds.map(([kind, subject]) => ({ kind, subject }));
const upgrades = (all: { kind: string; subject: string }[], eventsBefore = 0) =>
  snapshotsTaken({
    config: { nodes },
    world: { state: { events: all } },
    eventsBefore,
  } as unknown as Evidence);

test("a control plane gives a snapshot before its upgrade, a worker need not", () => {
  const snapshot: [string, string] = ["etcd-snapshot", "cp-1"];
  const start: [string, string] = ["upgrade-started", "cp-1"];
  expect(upgrades(events(snapshot, start, ["upgrade-started", "worker-1"]))).toMatchObject({ ok: true });
  expect(upgrades(events(start, snapshot))).toMatchObject({
    ok: false,
    detail: "cp-1 was upgraded without a snapshot of its etcd",
  });
  expect(upgrades(events(["upgrade-started", "worker-1"]))).toBeUndefined();
});

test("a snapshot of an earlier run is none", () => {
  expect(upgrades(events(["etcd-snapshot", "cp-1"], ["upgrade-started", "cp-1"]), 1)?.ok).toBe(false);
});
