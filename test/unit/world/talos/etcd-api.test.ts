import { beforeEach, describe, expect, it } from "vitest";
import { clearFault, setFault } from "../../../../rehearsal/world/kernel/faults.ts";
import { apply } from "../../../support/world/calls.ts";
import { quorum, memberNumber } from "../../../../rehearsal/world/talos/etcd/members.ts";
import {
  etcdAlarms,
  etcdForfeit,
  etcdLeave,
  etcdMembers,
  etcdRemove,
  etcdSnapshot,
  etcdStatus,
} from "../../../../rehearsal/world/talos/etcd/api.ts";
import { leaderOf } from "../../../../rehearsal/world/talos/etcd/leader.ts";
import { recoverEtcd, uploadSnapshot } from "../../../../rehearsal/world/talos/etcd/recovery.ts";
import { resetMachine } from "../../../../rehearsal/world/talos/machined/reset.ts";
import { bringUp, cluster, CONTROL_PLANES, machine, nodeOf, pass } from "../../../support/world/cluster.ts";
import { Lab } from "../../../support/world/lab.ts";
import type { Held, World } from "../../../../rehearsal/world/kernel/world.ts";

/** These tests do one thing after the other: nobody else could hold it. */
const held = (world: World) => world as Held;

let lab: Lab;

const idOf = (vmId: number) =>
  Object.entries(cluster(lab).etcd).find(([, member]) => member.vmId === vmId)![0];
const leader = () => cluster(lab).etcd[leaderOf(lab.world, cluster(lab)) ?? ""]?.vmId;

describe("etcd of three", () => {
  beforeEach(async () => {
    lab = await Lab.open();
    await bringUp(lab, { worker: false });
  });

  it("has one leader, of which every member knows", () => {
    const first = etcdStatus(lab.world, machine(lab, 126));
    const second = etcdStatus(lab.world, machine(lab, 127));
    expect(first["leader"]).toBe(second["leader"]);
    expect(first["memberId"]).not.toBe(second["memberId"]);
    expect(etcdMembers(lab.world, machine(lab, 126)).map(({ id }) => id)).toContain(first["leader"]);
    expect(leader()).toBe(leader());
  });

  it("elects another when the leader goes down, and goes on", async () => {
    const before = leader()!;
    const term = cluster(lab).raftTerm!;
    await lab.stop(before);
    expect(leader()).not.toBe(before);
    expect(cluster(lab).raftTerm).toBeGreaterThan(term);
    expect(quorum(lab.world, cluster(lab))).toBe(true);
  });

  it("has none without a quorum, and says so", async () => {
    await lab.stop(127);
    await lab.stop(128);
    expect(leader()).toBeUndefined();
    const status = etcdStatus(lab.world, machine(lab, 126));
    expect(status).toMatchObject({ leader: "0", errors: ["etcdserver: no leader"] });
    expect(() => etcdMembers(lab.world, machine(lab, 126))).toThrow("etcdserver: no leader");
  });

  it("hands the lead to another when the leader forfeits it; a follower has nothing to forfeit", () => {
    const before = leader()!;
    const follower = [126, 127, 128].find((vmId) => vmId !== before)!;
    expect(etcdForfeit(held(lab.world), machine(lab, follower))).toBe("");
    expect(leader()).toBe(before);
    const next = etcdForfeit(held(lab.world), machine(lab, before));
    expect(next).toMatch(/^cp-\d$/);
    expect(leader()).not.toBe(before);
  });

  it("is one fewer after a leave, whose data is gone", () => {
    etcdLeave(held(lab.world), machine(lab, 128));
    expect(Object.keys(cluster(lab).etcd)).toHaveLength(2);
    expect(() => etcdStatus(lab.world, machine(lab, 128))).toThrow("connect: connection refused");
  });

  it("stays one fewer while the machine is up, and is one more again after its next boot", async () => {
    etcdLeave(held(lab.world), machine(lab, 128));
    await pass(lab, 600);
    expect(Object.keys(cluster(lab).etcd)).toHaveLength(2);
    await lab.stop(128);
    await lab.start(128);
    await pass(lab, 600);
    expect(Object.values(cluster(lab).etcd).map(({ vmId }) => vmId)).toContain(128);
  });

  it("removes a member that is gone, but never the last that makes a quorum", async () => {
    await lab.stop(128);
    const gone = memberNumber(idOf(128));
    etcdRemove(held(lab.world), machine(lab, 126), gone);
    expect(() => etcdRemove(held(lab.world), machine(lab, 126), gone)).toThrow(
      "etcdserver: member not found",
    );
    setFault(lab.world, "etcd-member-fails", 127);
    expect(() => etcdRemove(held(lab.world), machine(lab, 126), memberNumber(idOf(126)))).toThrow(
      "no leader",
    );
    clearFault(lab.world, "etcd-member-fails", 127);
    etcdRemove(held(lab.world), machine(lab, 126), memberNumber(idOf(127)));
    expect(Object.keys(cluster(lab).etcd)).toHaveLength(1);
  });

  it("shows a fault of one member: it does not answer, or raises an alarm", () => {
    setFault(lab.world, "etcd-member-fails", 127);
    expect(() => etcdStatus(lab.world, machine(lab, 127))).toThrow("connect: connection refused");
    setFault(lab.world, "etcd-alarm", 126);
    const alarm = { memberId: memberNumber(idOf(126)).toString(), alarm: "NOSPACE" };
    expect(etcdAlarms(lab.world, machine(lab, 128))).toEqual([alarm]);
    clearFault(lab.world, "etcd-alarm");
    expect(etcdAlarms(lab.world, machine(lab, 128))).toEqual([]);
  });
});

describe("a control plane that joins", () => {
  it("is a learner without a vote until it has caught up", async () => {
    lab = await Lab.open();
    await bringUp(lab, { controlPlanes: 1, worker: false });
    const address = CONTROL_PLANES[1]!;
    lab.addVm({ vmId: 127, name: "cp-2", address });
    await lab.start(127);
    const machineConfig = await lab.config({ hostname: "cp-2", address });
    await apply(lab.world, lab.target(address), { machineConfig, mode: "auto" });
    await lab.clock.sleep(30);
    await lab.world.settle();
    const [joining] = Object.values(cluster(lab).etcd).filter(({ vmId }) => vmId === 127);
    expect(joining?.learner).toBe(true);
    // Its going away costs nobody the quorum.
    await lab.stop(127);
    expect(quorum(lab.world, cluster(lab))).toBe(true);
    await lab.start(127);
    await pass(lab, 60);
    expect(Object.values(cluster(lab).etcd).map(({ learner }) => learner ?? false)).toEqual([false, false]);
    expect(lab.texts("etcd-member-joined")).toHaveLength(1);
    await lab.stop(127);
    expect(quorum(lab.world, cluster(lab))).toBe(false);
  });
});

describe("one control plane", () => {
  beforeEach(async () => {
    lab = await Lab.open();
    await bringUp(lab, { controlPlanes: 1 });
  });

  it("neither forfeits nor leaves", () => {
    const only = machine(lab, 126);
    expect(() => etcdForfeit(held(lab.world), only)).toThrow("cannot forfeit leadership, only one member");
    expect(() => etcdLeave(held(lab.world), only)).toThrow("not enough started members");
  });

  it("a worker has no etcd", () => {
    expect(() => etcdStatus(lab.world, machine(lab, 129))).toThrow(
      "etcd status is only available on control plane nodes",
    );
  });
});

describe("recovery from a snapshot", () => {
  const upload = (overrides = {}) => ({
    snapshot: etcdSnapshot(lab.world, machine(lab, 126)),
    hashed: true,
    ...overrides,
  });
  beforeEach(async () => {
    lab = await Lab.open();
    await bringUp(lab, { controlPlanes: 1 });
    cluster(lab).objects["v1/ConfigMap/default/kept"] = {
      apiVersion: "v1",
      kind: "ConfigMap",
      namespace: "default",
      name: "kept",
      body: { data: { answer: "42" } },
      createdAt: 0,
    };
  });

  /** EPHEMERAL is wiped, its etcd data with it, and the same config comes back. */
  async function loseEtcd(): Promise<void> {
    const config = machine(lab, 126).machineConfig!;
    await resetMachine(lab.world, machine(lab, 126), { graceful: false, reboot: true });
    await lab.clock.sleep(120);
    await lab.apply(CONTROL_PLANES[0]!, config);
  }

  it("brings back what it holds, and the nodes with it", async () => {
    const taken = upload();
    cluster(lab).objects = {};
    await loseEtcd();
    expect(lab.world.state.clusters).toEqual({});
    uploadSnapshot(machine(lab, 126), taken);
    recoverEtcd(held(lab.world), machine(lab, 126), false);
    await pass(lab, 300);
    expect(cluster(lab).objects["v1/ConfigMap/default/kept"]?.body).toEqual({ data: { answer: "42" } });
    expect(Object.keys(cluster(lab).etcd)).toHaveLength(1);
    expect(nodeOf(lab, "worker-1").vmId).toBe(129);
    expect(nodeOf(lab, "cp-1").readyAt).toBeLessThan(lab.clock.now());
    expect(lab.catastrophes()).toEqual([]);
    expect(lab.texts("bootstrap")).toHaveLength(1);
  });

  it("is refused where there is etcd data", () => {
    uploadSnapshot(machine(lab, 126), upload());
    expect(() => recoverEtcd(held(lab.world), machine(lab, 126), false)).toThrow(
      "etcd data directory is not empty",
    );
  });

  it("leaves a node without etcd when the snapshot is none, or its sum is missing", async () => {
    const whole = upload();
    await loseEtcd();
    const tried = [
      { given: { damaged: "invalid database" }, why: "invalid database" },
      { given: { ...whole, hashed: false }, why: "snapshot missing hash but --skip-hash-check=false" },
      {
        given: { ...whole, snapshot: { revision: "1", entries: [] } },
        why: "does not hold a Kubernetes cluster",
      },
    ];
    for (const { given, why } of tried) {
      uploadSnapshot(machine(lab, 126), given);
      recoverEtcd(held(lab.world), machine(lab, 126), false);
      expect(lab.texts("etcd-recovered").at(-1)).toContain(why);
      expect(lab.world.state.clusters).toEqual({});
    }
    uploadSnapshot(machine(lab, 126), { ...whole, hashed: false });
    recoverEtcd(held(lab.world), machine(lab, 126), true);
    expect(Object.keys(lab.world.state.clusters)).toHaveLength(1);
  });

  it("beside a living member is a catastrophe", async () => {
    lab = await Lab.open();
    await bringUp(lab, { worker: false });
    const taken = upload();
    etcdLeave(held(lab.world), machine(lab, 128));
    uploadSnapshot(machine(lab, 128), taken);
    recoverEtcd(held(lab.world), machine(lab, 128), false);
    expect(lab.catastrophes()).toEqual([
      "recovered a second etcd on cp-3 beside the living one of cp-1, cp-2",
    ]);
  });
});
