import { describe, expect, test } from "vitest";
import { DURATIONS } from "../../../../rehearsal/world/kubernetes/durations.ts";
import { EVICTED_AFTER } from "../../../../rehearsal/world/kubernetes/pods/comeback.ts";
import { runJob } from "../../../../rehearsal/world/kubernetes/workloads/jobs.ts";
import {
  installRelease,
  uninstallRelease,
  upgradeRelease,
} from "../../../../rehearsal/world/kubernetes/helm/releases.ts";
import { podsOf } from "../../../../rehearsal/world/kubernetes/workloads/rollout.ts";
import { nodeWorkloads } from "../../../../rehearsal/world/kubernetes/nodes/workloads.ts";
import { setUnschedulable } from "../../../../rehearsal/world/kubernetes/api/node-objects.ts";
import { settleWorkloads } from "../../../../rehearsal/world/kubernetes/process.ts";
import { attachVolume, createVolume } from "../../../../rehearsal/world/longhorn/volumes/volumes.ts";
import type { NodeWorkloads } from "../../../../rehearsal/world/talos/workloads.ts";
import {
  fakeCluster,
  GIB,
  LAB,
  LONGHORN,
  LONGHORN_VALUES,
  notes,
  privileged,
  TRAEFIK,
  TRAEFIK_VALUES,
  type FakeCluster,
} from "../../../support/world/fake-cluster.ts";

const THREE = [...LAB, { name: "worker-2", vmId: 103 }];
/** A Traefik that may go anywhere. */
const ROAMING = { ...TRAEFIK_VALUES, nodeSelector: {} };
const BOOT = 100;

let cluster: FakeCluster;
let workloads: NodeWorkloads;

async function open(nodes = LAB, values: Record<string, unknown> = TRAEFIK_VALUES): Promise<void> {
  cluster = fakeCluster(nodes);
  workloads = nodeWorkloads(() => cluster.hosts);
  privileged(cluster, "longhorn-system", "traefik");
  await installRelease(cluster, { ...LONGHORN, values: LONGHORN_VALUES });
  await installRelease(cluster, { ...TRAEFIK, values });
}

const now = () => cluster.world.clock.now();
const wait = (seconds: number) => cluster.world.clock.sleep(seconds);
const id = (name: string) => cluster.state.nodes[name]!.vmId;
const settle = () => cluster.world.exclusive((held) => settleWorkloads(held, cluster.hosts));
const stop = (name: string) =>
  cluster.world.exclusive((held) => workloads.stopped(held, id(name), "it is told to"));
const cordon = (name: string) => cluster.world.exclusive((held) => workloads.cordon(held, id(name)));
async function uncordon(name: string): Promise<void> {
  await settle();
  setUnschedulable(cluster, name, false);
  await settle();
}
const volume = () => Object.values(cluster.state.longhorn!.volumes)[0]!;
const traefik = () => podsOf(cluster, "traefik/traefik")[0]!;
const rebuild = (gib: number) => DURATIONS.rebuildStart + gib * DURATIONS.rebuildPerGiB;
const events = (kind: string) => cluster.world.state.events.filter((event) => event.kind === kind);

async function down(name: string): Promise<void> {
  const host = cluster.host(name);
  host.up = false;
  host.iscsi.length = 0;
  await stop(name);
}

/** Up again, Ready after as many seconds. */
async function up(name: string, after = 0): Promise<void> {
  cluster.host(name).up = true;
  cluster.state.nodes[name]!.readyAt = now() + after;
  delete cluster.state.nodes[name]!.downSince;
  await settle();
}

/** As an upgrade does it. */
async function reboot(name: string): Promise<void> {
  await cordon(name);
  await workloads.drain(cluster.world, id(name), 300);
  await down(name);
  await wait(BOOT);
  await up(name);
  await uncordon(name);
}

describe("a drain", () => {
  test("evicts pods, and their volumes are detached; one that may go nowhere else waits for its node", async () => {
    await open();
    await cordon("worker-1");
    expect(await workloads.drain(cluster.world, id("worker-1"), 300)).toBeUndefined();
    expect(volume().attachedTo).toBeUndefined();
    expect(cluster.host("worker-1").iscsi).toEqual([]);
    expect(traefik()).toMatchObject({ phase: "pending", node: "" });
    await wait(60);
    await settle();
    expect(traefik().reason).toContain("1 node(s) were unschedulable");
    expect(notes(cluster, "pod-evicted")).toHaveLength(1);
    expect(events("workload-back")).toEqual([]);

    await uncordon("worker-1");
    await wait(30);
    await settle();
    expect(traefik()).toMatchObject({ phase: "running", node: "worker-1" });
    expect(volume().attachedTo).toBe("worker-1");
    const [back] = events("workload-back");
    const [away] = events("workload-away");
    expect(back!.detail!["seconds"]).toBeCloseTo(back!.at - away!.at, 0);
    expect(back!.text).toBe(`traefik/traefik was away for ${Math.round(back!.at - away!.at)} s`);
  });

  test("a pod that may go elsewhere takes its volume along", async () => {
    await open(LAB, ROAMING);
    const { node } = traefik();
    const other = node === "cp-1" ? "worker-1" : "cp-1";
    await cordon(node);
    await workloads.drain(cluster.world, id(node), 300);
    await wait(30);
    await settle();
    expect(traefik()).toMatchObject({ phase: "running", node: other });
    expect(cluster.host(other).iscsi.map(({ name }) => name)).toEqual([volume().name]);
    expect(cluster.host(node).iscsi).toEqual([]);
  });

  test("waits until another copy is whole, where the volume's pod can go on elsewhere", async () => {
    await open(THREE, ROAMING);
    const holder = traefik().node;
    const other = volume().replicas.find(({ node }) => node !== holder)!.node;
    await reboot(other);
    expect(volume().robustness).toBe("degraded");
    await cordon(holder);
    expect(await workloads.drain(cluster.world, id(holder), 300)).toBeUndefined();
    const rebuilt = events("replica-rebuilt").find(({ detail }) => detail!["node"] === other);
    expect(events("node-drained").at(-1)!.at).toBeGreaterThan(rebuilt!.at);
    expect(events("volume-unreadable")).toEqual([]);
  });

  test("never ends where it cannot: nothing rebuilds the volume that its last copy's node has let go", async () => {
    await open();
    await reboot("cp-1");
    await cordon("worker-1");
    expect(await workloads.drain(cluster.world, id("worker-1"), 300)).toContain(
      "its last healthy replica on worker-1",
    );
    expect(events("node-drained").at(-1)).toMatchObject({ severity: "warning" });
  });

  test("gives up at the time limit, and says what is in the way", async () => {
    await open();
    await createVolume(cluster, { claim: "a/b", sizeBytes: GIB, replicas: 1 });
    const single = Object.values(cluster.state.longhorn!.volumes).find(({ claim }) => claim === "a/b")!;
    const { node } = single.replicas[0]!;
    await cordon(node);
    const before = now();
    expect(await workloads.drain(cluster.world, id(node), 300)).toContain("disruption budget");
    expect(now() - before).toBeCloseTo(300, 0);
  });

  test("fails the replicas of volumes in use elsewhere, and rebuilds them after the node is opened again", async () => {
    await open();
    await cordon("cp-1");
    await workloads.drain(cluster.world, id("cp-1"), 300);
    expect(volume().robustness).toBe("degraded");
    await wait(1000);
    await settle();
    expect(volume().robustness).toBe("degraded"); // closed nodes take no replicas
    await uncordon("cp-1");
    await wait(60);
    await settle();
    expect(volume().robustness).toBe("healthy");
    expect(notes(cluster, "volume-healthy")[0]).toContain("has all 2 copies again");
  });

  test("a Job's pod is evicted and tried again elsewhere", async () => {
    await open();
    const job = {
      namespace: "default",
      name: "once",
      pod: {
        restartPolicy: "Never",
        nodeSelector: { "kubernetes.io/hostname": "worker-1" },
        containers: [{ name: "main", command: ["true"] }],
      },
    };
    const done = runJob(cluster, job);
    await workloads.drain(cluster.world, id("worker-1"), 300);
    await done;
    expect(notes(cluster, "pod-evicted").some((text) => text.includes("default/once"))).toBe(true);
    expect(notes(cluster, "pod-failed").some((text) => text.includes("was evicted from worker-1"))).toBe(
      true,
    );
  });
});

describe("a node that goes down", () => {
  test("takes its pods and attached volumes with it; they are there again when it is, even while it is closed", async () => {
    await open();
    const { name } = traefik();
    await cordon("worker-1");
    await down("worker-1");
    expect(traefik()).toMatchObject({ phase: "pending", reason: "worker-1 is down" });
    expect(volume().attachedTo).toBeUndefined();
    await wait(BOOT);
    await up("worker-1", 15);
    await wait(15 + 20 + 8 + 1 + 3 + 5 - 1);
    await settle();
    expect(traefik().phase).toBe("pending");
    await wait(1);
    await settle();
    expect(traefik()).toMatchObject({ name, phase: "running", node: "worker-1" });
    expect(volume()).toMatchObject({ attachedTo: "worker-1", robustness: "healthy" });
    expect(events("replica-lost")).toEqual([]); // it was not in use while its node was away
  });

  test("its pods move only after 350 s, and a volume it held 6 minutes later", async () => {
    await open(THREE, ROAMING);
    const { node } = traefik();
    const since = now();
    await down(node);
    await wait(EVICTED_AFTER - 5);
    await settle();
    expect(notes(cluster, "pod-evicted")).toEqual([]);
    await wait(10);
    await settle();
    expect(notes(cluster, "pod-evicted")[0]).toContain("which is unreachable");
    expect(traefik().phase).toBe("pending");
    expect(traefik().reason).toContain("Multi-Attach error");
    await wait(360 + 30);
    await settle();
    expect(traefik()).toMatchObject({ phase: "running" });
    expect(traefik().node).not.toBe(node);
    const seconds = events("pod-started").at(-1)!.at - since;
    expect(seconds).toBeCloseTo(EVICTED_AFTER + 360 + 8 + 1 + 3 + 5, 0);
  });

  test("fails its replicas of volumes that are in use elsewhere; they are rebuilt in proportion to their size", async () => {
    await open();
    const big = await createVolume(cluster, { claim: "a/big", sizeBytes: 10 * GIB });
    await attachVolume(cluster, big.name, "worker-1");
    await reboot("cp-1");
    expect(big.robustness).toBe("degraded");
    await wait(20 + rebuild(10));
    await settle();
    const seconds = events("replica-rebuilt").map(({ subject, detail }) => [subject, detail!["seconds"]]);
    expect(Object.fromEntries(seconds)).toEqual({
      [big.name]: rebuild(10),
      [volume().name]: Math.round(rebuild(1 / 8)),
    });
    expect(events("volume-healthy")).toHaveLength(2);
    expect(events("volume-unreadable")).toEqual([]);
  });

  test("is on record where copies on other nodes are missing by then", async () => {
    await open(THREE);
    const big = await createVolume(cluster, { claim: "a/big", sizeBytes: 10 * GIB, replicas: 3 });
    await attachVolume(cluster, big.name, "worker-1");
    await reboot("cp-1");
    expect(events("volume-exposed")).toEqual([]);
    await stop("worker-2"); // it is up until then
    const [exposed] = events("volume-exposed").filter(({ subject }) => subject === big.name);
    expect(exposed?.text).toBe(`worker-2 goes down while ${big.name} (a/big) has 2 of 3 copies`);
    expect(exposed?.detail).toMatchObject({ node: "worker-2", since: big.degradedAt });
  });

  test("a rebuild begins 20 s after the node is Ready, when Longhorn works there again", async () => {
    await open();
    await reboot("cp-1");
    const ready = now();
    await wait(500);
    await settle(); // one late look
    const [rebuilt] = events("replica-rebuilt");
    expect(rebuilt!.at).toBeCloseTo(ready + 20 + rebuild(1 / 8), 1);
  });

  test("with the only copy, the volume has none: on record as unreadable until it is back", async () => {
    await open();
    const { name } = await createVolume(cluster, { claim: "a/b", sizeBytes: GIB, replicas: 1 });
    const single = cluster.state.longhorn!.volumes[name]!;
    const holder = single.replicas[0]!.node;
    await attachVolume(cluster, name, holder === "cp-1" ? "worker-1" : "cp-1");
    await down(holder);
    expect(single.robustness).toBe("faulted");
    expect(events("volume-unreadable").map(({ subject }) => subject)).toEqual([name]);
    await wait(BOOT);
    await up(holder);
    await wait(30);
    await settle();
    expect(single.robustness).toBe("healthy"); // salvaged, not rebuilt: there is nothing to rebuild it from
    expect(events("volume-readable")[0]!.detail!["seconds"]).toBeGreaterThan(BOOT);
    expect(cluster.world.state.events.filter(({ severity }) => severity === "catastrophe")).toEqual([]);
  });

  test("while the other copy is being rebuilt, it takes the last one: a catastrophe", async () => {
    await open();
    await reboot("cp-1");
    await wait(22);
    await settle();
    expect(volume().replicas.find(({ node }) => node === "cp-1")?.rebuild).toBeDefined();
    await down("worker-1");
    await attachVolume(cluster, volume().name, "cp-1").catch(() => undefined);
    expect(events("volume-unreadable")).toHaveLength(1);
    expect(volume().replicas.find(({ node }) => node === "cp-1")?.healthy).toBe(false);
  });

  test("that stays away is replaced: after 600 s another node gets a replica", async () => {
    await open(THREE);
    const spare = ["cp-1", "worker-1", "worker-2"].find(
      (name) => !volume().replicas.some(({ node }) => node === name),
    )!;
    const lost = volume().replicas.find(({ node }) => node !== traefik().node)!.node;
    await down(lost);
    await wait(590);
    await settle();
    expect(volume().replicas.map(({ node }) => node)).toContain(lost);
    await wait(60);
    await settle();
    await wait(60);
    await settle();
    expect(
      volume()
        .replicas.map(({ node }) => node)
        .sort(),
    ).toEqual([spare, traefik().node].sort());
    expect(volume().robustness).toBe("healthy");
  });
});

describe("time", () => {
  async function story(pause: number): Promise<string[]> {
    await open();
    const started = now();
    const first = cluster.world.state.events.length;
    await reboot("cp-1");
    for (let passed = 0; passed < 240; passed += pause) {
      await wait(pause);
      await settle();
    }
    return cluster.world.state.events
      .slice(first)
      .map(({ kind, at }) => `${(at - started).toFixed(1)} ${kind}`)
      .sort();
  }

  test("does not depend on how often anybody looks", async () => {
    const seldom = await story(240);
    expect(await story(1)).toEqual(seldom);
    expect(await story(7.5)).toEqual(seldom);
    expect(seldom.some((line) => line.endsWith("replica-rebuilt"))).toBe(true);
  });

  test("what was under way goes on after the world was saved and loaded", async () => {
    await open();
    await down("worker-1");
    await wait(BOOT);
    await up("worker-1", 15);
    await wait(40);
    await settle();
    expect(traefik().waiting?.readyAt).toBeDefined();
    const saved = JSON.parse(JSON.stringify(cluster.state)) as typeof cluster.state;
    Object.assign(cluster.state, saved);
    await wait(20);
    await settle();
    expect(traefik().phase).toBe("running");
  });

  test("two looks at once start nothing twice", async () => {
    await open();
    await down("worker-1");
    await wait(BOOT);
    await up("worker-1");
    await wait(60);
    await Promise.all([settle(), settle(), settle()]);
    expect(notes(cluster, "pod-started").filter((text) => text.includes("again, after"))).toHaveLength(1);
  });
});

describe("a release that is upgraded by Recreate", () => {
  test("is away from the old pod's end to the new one's readiness, on record in seconds", async () => {
    await open();
    const values = { ...TRAEFIK_VALUES, additionalArguments: ["--log.level=DEBUG"] };
    await upgradeRelease(cluster, { ...TRAEFIK, values });
    const [back] = events("workload-back");
    expect(back).toMatchObject({ subject: "traefik/traefik" });
    expect(back!.detail!["seconds"]).toBeGreaterThan(10);
    expect(events("workload-away")).toHaveLength(1);
    await upgradeRelease(cluster, { ...TRAEFIK, values });
    expect(events("workload-away")).toHaveLength(1); // nothing changed, nothing was replaced
  });

  test("is not missed once it is uninstalled", async () => {
    await open();
    await uninstallRelease(cluster, "traefik", "traefik");
    expect(events("workload-away")).toEqual([]);
    await installRelease(cluster, { ...TRAEFIK, values: TRAEFIK_VALUES });
    await down("worker-1");
    expect(Object.keys(cluster.state.away!)).toEqual(["traefik/traefik"]);
    await uninstallRelease(cluster, "traefik", "traefik");
    expect(cluster.state.away).toEqual({});
  });
});
