import { describe, expect, test } from "vitest";
import { lab } from "../../../components/support/homelabs.ts";
import { clusterOf, INSTALLER, NEW_SCHEMATIC, step } from "./support/step.ts";

describe("a node that is due", () => {
  test("goes through the whole sequence, and tells of it with times", async () => {
    const cluster = clusterOf();
    const { outcome, lines } = await step(cluster, "cp-2");
    expect(outcome).toBe("upgraded");
    expect(cluster.done).toEqual(["snapshot cp-2", "pull cp-2", "upgrade cp-2"]);
    expect(lines).toEqual([
      "cp-2: etcd snapshot /snapshots/cp-2-v1.12.0.db, 4.2 MB",
      `cp-2: pulled ${INSTALLER} in 0 s`,
      "cp-2: drain",
      "cp-2: reboot",
      "cp-2: up again after 90 s",
      "cp-2: upgraded, and everything whole again, after 90 s",
    ]);
    expect(cluster.node("cp-2")).toMatchObject({ talosVersion: "v1.12.1", schematicId: NEW_SCHEMATIC });
    expect(cluster.node("cp-1").talosVersion).toBe("v1.12.0");
  });

  test("that leads etcd hands the lead over before it goes down", async () => {
    const cluster = clusterOf();
    const { lines } = await step(cluster, "cp-1");
    expect(cluster.done).toEqual(["snapshot cp-1", "pull cp-1", "forfeit cp-1", "upgrade cp-1"]);
    expect(lines).toContain("cp-1: handed the lead of etcd over");
  });

  test("that is the only control plane has nobody to hand it to", async () => {
    const cluster = clusterOf(lab());
    expect((await step(cluster, "cp-1")).outcome).toBe("upgraded");
    expect(cluster.done).toEqual(["snapshot cp-1", "pull cp-1", "upgrade cp-1"]);
  });

  test("that is a worker has no etcd to save or to hand over", async () => {
    const cluster = clusterOf();
    await step(cluster, "worker-1");
    expect(cluster.done).toEqual(["pull worker-1", "upgrade worker-1"]);
  });

  test("is due for its schematic alone, too", async () => {
    const cluster = clusterOf();
    cluster.node("worker-1").talosVersion = "v1.12.1";
    expect((await step(cluster, "worker-1")).outcome).toBe("upgraded");
  });
});

describe("a node that is not due", () => {
  test("runs the image already: it is not touched, but looked at", async () => {
    const cluster = clusterOf();
    Object.assign(cluster.node("worker-1"), { talosVersion: "v1.12.1", schematicId: NEW_SCHEMATIC });
    const { outcome, lines } = await step(cluster, "worker-1");
    expect(outcome).toBe("already there");
    expect(cluster.done).toEqual([]);
    expect(lines).toEqual(["worker-1: runs this image of Talos v1.12.1 already"]);
  });

  test("runs it already, but its volumes are not whole: a run that was cut off goes on waiting", async () => {
    const cluster = clusterOf();
    Object.assign(cluster.node("worker-1"), { talosVersion: "v1.12.1", schematicId: NEW_SCHEMATIC });
    const volume = { name: "pvc-1", claim: "a/b", state: "attached", robustness: "degraded", copies: 3 };
    cluster.storageNow = { volumes: [volume], replicas: [] };
    cluster.clock.after(60, () => (volume.robustness = "healthy"));
    const { outcome, lines } = await step(cluster, "worker-1");
    expect(outcome).toBe("already there");
    expect(lines[0]).toBe("worker-1: waiting: volume a/b (pvc-1) is degraded, not healthy");
    expect(cluster.clock.now()).toBeGreaterThanOrEqual(60_000);
  });

  test("has no machine config yet", async () => {
    const cluster = clusterOf();
    cluster.node("worker-3").unconfigured = true;
    const { outcome, lines } = await step(cluster, "worker-3");
    expect(outcome).toBe("unconfigured");
    expect(lines).toEqual(["worker-3: not upgraded, for it is no member of the cluster yet"]);
    expect(cluster.done).toEqual([]);
  });
});

describe("what an interrupted run left", () => {
  test("is finished: an upgrade still under way is waited for, not ordered again", async () => {
    const cluster = clusterOf();
    const node = cluster.node("worker-1");
    Object.assign(node, { stage: "upgrading", cordoned: true, cordonedByTalos: true });
    cluster.clock.after(70, () =>
      Object.assign(node, {
        stage: "running",
        talosVersion: "v1.12.1",
        schematicId: NEW_SCHEMATIC,
        cordoned: false,
        cordonedByTalos: false,
      }),
    );
    const { outcome, lines } = await step(cluster, "worker-1");
    expect(outcome).toBe("already there");
    expect(lines[0]).toBe("worker-1: waiting: worker-1 is upgrading");
    expect(cluster.done).toEqual([]);
  });

  test("is finished: a node that Talos cordoned, and that never went down, is ordered anew", async () => {
    const cluster = clusterOf();
    Object.assign(cluster.node("worker-1"), { cordoned: true, cordonedByTalos: true });
    cluster.instead.set("upgrade worker-1", () => {
      Object.assign(cluster.node("worker-1"), cluster.images.get(INSTALLER), {
        cordoned: false,
        cordonedByTalos: false,
      });
      return Promise.resolve();
    });
    expect((await step(cluster, "worker-1")).outcome).toBe("upgraded");
  });

  test("is finished: Talos's forgotten cordon is taken back, once it had its time to do so", async () => {
    const cluster = clusterOf();
    Object.assign(cluster.node("worker-1"), {
      talosVersion: "v1.12.1",
      schematicId: NEW_SCHEMATIC,
      cordoned: true,
      cordonedByTalos: true,
    });
    const { outcome, lines } = await step(cluster, "worker-1");
    expect(outcome).toBe("already there");
    expect(cluster.done).toEqual(["uncordon worker-1"]);
    expect(cluster.clock.now()).toBeGreaterThanOrEqual(30_000);
    expect(lines).toContain("worker-1: opened to pods again, which Talos had not done");
  });

  test("is left alone: somebody else's cordon", async () => {
    const cluster = clusterOf();
    cluster.node("worker-1").cordoned = true;
    const { error } = await step(cluster, "worker-1");
    expect(error).toContain("worker-1 is cordoned, and not by Talos: `kubectl uncordon worker-1`");
    expect(cluster.done).toEqual([]);
  });
});

describe("versions that do not fit", () => {
  test("a talosctl too far from the target is refused before anything", async () => {
    const cluster = clusterOf();
    cluster.client = "v1.10.4";
    const { error } = await step(cluster, "worker-1");
    expect(error).toBe(
      [
        "worker-1: talosctl cannot be used: it is v1.10.4, more than one minor version away from v1.12.1 and v1.12.0.",
        "It was not touched and runs what it ran before. Use talosctl v1.12.1 " +
          "(https://github.com/siderolabs/talos/releases/tag/v1.12.1), on the PATH or named by homelab:upgrade.talosctl. " +
          "Then, run `pulumi up` again: it goes on here. What comes after was not touched.",
      ].join("\n"),
    );
    expect(cluster.done).toEqual([]);
  });

  test("the jump of a node behind it in the chain stops the first one, too", async () => {
    const cluster = clusterOf();
    cluster.node("worker-3").talosVersion = "v1.10.7";
    cluster.client = "v1.11.0";
    const { error } = await step(cluster, "cp-1");
    expect(error).toContain(
      "cp-1: Talos does not support the way to the wanted version:\n" +
        '  worker-3: homelab:cluster.talosVersion: v1.10.7 runs, and "v1.12.1" skips a minor',
    );
    expect(cluster.done).toEqual([]);
  });

  test("a downgrade of the patch is allowed, of the minor is not", async () => {
    const cluster = clusterOf();
    for (const node of cluster.nodes) node.talosVersion = "v1.12.4";
    expect((await step(cluster, "worker-1")).outcome).toBe("upgraded");
    for (const node of cluster.nodes) node.talosVersion = "v1.13.0";
    expect((await step(cluster, "worker-2")).error).toContain(
      'v1.13.0 runs, and "v1.12.1" is of an older minor',
    );
  });
});
