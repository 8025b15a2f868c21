/** Whatever fails in a step: the message says where the node was left and what to do, and nobody else was touched. */
import { describe, expect, test } from "vitest";
import { clusterOf, INSTALLER, step } from "./support/step.ts";

const AGAIN = "run `pulumi up` again: it goes on here. What comes after was not touched.";

function fails(message: string): () => Promise<never> {
  return () => Promise.reject(new Error(message));
}

describe("before the node moves", () => {
  test("no snapshot", async () => {
    const cluster = clusterOf();
    cluster.instead.set("snapshot cp-2", fails("no space left on device"));
    const { error } = await step(cluster, "cp-2");
    expect(error).toBe(
      [
        "cp-2: no snapshot of etcd could be taken (300 s, homelab:upgrade.timeouts.snapshot):",
        "  no space left on device",
        "It was not touched and runs what it ran before. Its folder, homelab:upgrade.snapshots.directory, must exist or be " +
          `creatable, and have room. Then, ${AGAIN}`,
      ].join("\n"),
    );
    expect(cluster.done).toEqual(["snapshot cp-2"]);
  });

  test("no installer", async () => {
    const cluster = clusterOf();
    cluster.instead.set("pull worker-1", fails("`talosctl image pull`: exit code 1: not found"));
    const { error } = await step(cluster, "worker-1");
    expect(error).toBe(
      [
        `worker-1: it could not pull ${INSTALLER} (900 s, homelab:upgrade.timeouts.pull):`,
        "  `talosctl image pull`: exit code 1: not found",
        "It was not touched and runs what it ran before. The node must reach the factory, and the factory must have this " +
          `image. Then, ${AGAIN}`,
      ].join("\n"),
    );
    expect(cluster.done).toEqual(["pull worker-1"]);
  });

  test("the lead of etcd stays where it is", async () => {
    const cluster = clusterOf();
    cluster.instead.set("forfeit cp-1", fails("no transferee"));
    const { error } = await step(cluster, "cp-1");
    expect(error).toMatch(
      /^cp-1: it leads etcd and could not hand that over:\n {2}no transferee\nIt was not touched/,
    );
    expect(cluster.done).not.toContain("upgrade cp-1");
  });

  test("the cluster does not become fit: it is waited for as long as the config says", async () => {
    const cluster = clusterOf();
    cluster.node("worker-3").ready = false;
    const { error, lines } = await step(cluster, "cp-1");
    expect(error).toBe(
      [
        "cp-1: the cluster was not fit for its upgrade in time (900 s, homelab:upgrade.timeouts.healthy):",
        "  worker-3 is not Ready",
        `It was not touched and runs what it ran before. Mend that. Then, ${AGAIN}`,
      ].join("\n"),
    );
    expect(lines).toEqual(["cp-1: waiting: worker-3 is not Ready"]);
    expect(cluster.clock.now()).toBe(900_000);
    expect(cluster.done).toEqual([]);
  });

  test("the Kubernetes API is silent", async () => {
    const cluster = clusterOf();
    cluster.kubernetesSilent = "connect ECONNREFUSED 10.20.0.10:6443";
    expect((await step(cluster, "cp-1")).error).toContain(
      "  the Kubernetes API does not answer: connect ECONNREFUSED 10.20.0.10:6443\n",
    );
  });

  test("the node itself is silent", async () => {
    const cluster = clusterOf();
    cluster.node("worker-2").silent = "connection refused";
    expect((await step(cluster, "worker-2")).error).toContain(
      "  worker-2 does not answer: connection refused\n",
    );
    expect(cluster.done).toEqual([]);
  });
});

describe("once the node was told to move", () => {
  test("the order fails: where the node is, is asked and told", async () => {
    const cluster = clusterOf();
    cluster.instead.set("upgrade worker-1", () => {
      Object.assign(cluster.node("worker-1"), { stage: "upgrading", cordoned: true, cordonedByTalos: true });
      return Promise.reject(new Error("no end within 1800 s: phase: drain action: START"));
    });
    const { error } = await step(cluster, "worker-1");
    expect(error).toBe(
      [
        "worker-1: its upgrade failed (its limit: 1800 s, homelab:upgrade.timeouts.upgrade):",
        "  no end within 1800 s: phase: drain action: START",
        "  It may go on by itself: a node that has its order does not ask again.",
        "It was left with Talos v1.12.0, upgrading, cordoned. `talosctl dmesg` and its console in Proxmox (VM 2021 on pve1) " +
          `say more. Once that is mended, ${AGAIN}`,
      ].join("\n"),
    );
    expect(cluster.nodes.filter(({ talosVersion }) => talosVersion !== "v1.12.0")).toEqual([]);
  });

  test("it never comes back", async () => {
    const cluster = clusterOf();
    cluster.instead.set("upgrade worker-1", () => {
      cluster.node("worker-1").silent = "i/o timeout";
      return Promise.reject(new Error("no end within 1815 s"));
    });
    const { error } = await step(cluster, "worker-1");
    expect(error).toContain(
      "It was left without an answer from it: look at its console in Proxmox (VM 2021 on pve1). Once it runs Talos again, " +
        `whichever version, ${AGAIN}`,
    );
  });

  test("talosctl lost the answer, but the node did it: that counts", async () => {
    const cluster = clusterOf();
    cluster.instead.set("upgrade worker-1", () => {
      Object.assign(cluster.node("worker-1"), cluster.images.get(INSTALLER));
      return Promise.reject(new Error("unexpected EOF"));
    });
    const { outcome, lines } = await step(cluster, "worker-1");
    expect(outcome).toBe("upgraded");
    expect(lines).toContain("worker-1: talosctl failed, but the node runs the new image: unexpected EOF");
  });

  test.each([
    ["the old version", { talosVersion: "v1.12.0" }, "it runs Talos v1.12.0, not v1.12.1"],
    [
      "an extension less",
      { extensions: ["iscsi-tools", "util-linux-tools"] },
      "its image lacks qemu-guest-agent",
    ],
    ["no schematic", { schematicId: undefined }, "its image has the schematic of no factory, not bbbb"],
  ])("it comes back with %s: no waiting mends that", async (_what, image, problem) => {
    const cluster = clusterOf();
    cluster.images.set(INSTALLER, { ...cluster.images.get(INSTALLER)!, ...image } as never);
    const { error } = await step(cluster, "worker-1");
    expect(error).toContain("worker-1: it came back with another image than the wanted one:\n");
    expect(error).toContain(`  ${problem}`);
    expect(cluster.clock.now()).toBe(90_000);
  });

  test.each([
    ["its data volume does not come", { dataVolume: "waiting" }, "its data volume is waiting"],
    ["it is not Ready", { ready: false }, "Kubernetes does not call it Ready"],
    ["it keeps booting", { stage: "booting", unmet: ["services: kubelet not running"] }, "it is booting"],
  ])("%s: after its time the run ends", async (_what, state, problem) => {
    const cluster = clusterOf();
    cluster.instead.set("upgrade worker-1", () => {
      Object.assign(cluster.node("worker-1"), cluster.images.get(INSTALLER), state);
      return Promise.resolve();
    });
    const { error } = await step(cluster, "worker-1");
    expect(error).toContain(
      `worker-1: it was not whole again in time (900 s, homelab:upgrade.timeouts.ready):\n  ${problem}\nIt was left with Talos v1.12.1, `,
    );
    expect(cluster.clock.now()).toBe(900_000);
  });

  test("a volume does not heal", async () => {
    const cluster = clusterOf();
    cluster.instead.set("upgrade worker-1", () => {
      Object.assign(cluster.node("worker-1"), cluster.images.get(INSTALLER));
      const volume = {
        name: "pvc-1",
        claim: undefined,
        state: "attached",
        robustness: "degraded",
        copies: 3,
      };
      cluster.storageNow = { volumes: [volume], replicas: [] };
      return Promise.resolve();
    });
    const { error } = await step(cluster, "worker-1");
    expect(error).toBe(
      [
        "worker-1: it runs the new image, but not every volume was whole again in time (3600 s, homelab:upgrade.timeouts.volumes):",
        "  volume pvc-1 is degraded, not healthy",
        "It was left running and open. Longhorn's UI shows what the volumes wait for. Once they are healthy, " +
          AGAIN,
      ].join("\n"),
    );
    // The next one's gate would not have opened either.
    expect((await step(cluster, "worker-2")).error).toContain("volume pvc-1 is degraded, not healthy");
  });
});
