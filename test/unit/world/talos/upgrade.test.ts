import { beforeEach, describe, expect, it } from "vitest";
import { setFault } from "../../../../rehearsal/world/kernel/faults.ts";
import { isConfigured } from "../../../../rehearsal/world/talos/network/addresses.ts";
import { watch, type NodeEvent } from "../../../../rehearsal/world/talos/machined/events.ts";
import { resumeSequences } from "../../../../rehearsal/world/talos/machined/sequence.ts";
import { rebootNode, upgrade } from "../../../../rehearsal/world/talos/machined/upgrade.ts";
import { nodeWorkloads } from "../../../../rehearsal/world/kubernetes/nodes/workloads.ts";
import type { NodeWorkloads } from "../../../../rehearsal/world/talos/workloads.ts";
import { World } from "../../../../rehearsal/world/kernel/world.ts";
import {
  bringUp,
  cluster,
  installer,
  machine,
  nodeOf,
  pass,
  schematicOf,
} from "../../../support/world/cluster.ts";
import { EXTENSIONS, Lab } from "../../../support/world/lab.ts";

let lab: Lab;
let schematic: string;

async function order(vmId: number, image: string): Promise<void> {
  await upgrade(lab.world, machine(lab, vmId), { image });
}

async function upgraded(vmId: number, image: string): Promise<void> {
  await order(vmId, image);
  await lab.world.ended();
}

/** Kinds of events about a node since then, in order. */
function kindsSince(from: number): string[] {
  return lab.world.state.events.slice(from).map(({ kind }) => kind);
}

describe("an upgrade", () => {
  beforeEach(async () => {
    lab = await Lab.open();
    schematic = await bringUp(lab);
  });

  it("boots the new image once, with its extensions, and keeps what is on the disks", async () => {
    const more = schematicOf(lab, [...EXTENSIONS, "siderolabs/qemu-guest-agent"]);
    const { bootCount, bootId } = machine(lab, 127);
    const formats = lab.texts("format").length;
    await upgraded(127, installer(more, "v1.12.1"));
    const after = machine(lab, 127);
    expect(after.image).toMatchObject({ version: "v1.12.1", schematicId: more, platform: "nocloud" });
    expect(after.image.extensions).toContain("siderolabs/qemu-guest-agent");
    expect(after.bootCount).toBe(bootCount + 1);
    expect(after.bootId).not.toBe(bootId);
    expect(after.facts?.hostname).toBe("cp-2");
    expect(after.volumes).toMatchObject([{ name: "longhorn", phase: "ready" }]);
    expect(lab.texts("format")).toHaveLength(formats);
    expect(Object.keys(cluster(lab).etcd)).toHaveLength(3);
    // The next start of the machine boots it too.
    await lab.stop(127);
    await lab.start(127);
    expect(machine(lab, 127).image.version).toBe("v1.12.1");
  });

  it("is on record from the order until the node is Ready again", async () => {
    const from = lab.world.state.events.length;
    await upgraded(129, installer(schematic, "v1.12.1"));
    const about = kindsSince(from).filter((kind) => kind !== "volume-mounted" && kind !== "node-ready");
    const inOrder =
      "image-pulled upgrade-started node-cordoned node-drained node-down upgrade-done boot node-uncordoned node-up";
    expect(about).toEqual(inOrder.split(" "));
    const done = lab.world.state.events.find(({ kind }) => kind === "upgrade-done")!;
    expect(done.detail).toEqual({ vmId: 129, node: "worker-1", from: "v1.12.0", to: "v1.12.1", schematic });
    expect(nodeOf(lab, "worker-1")).toMatchObject({ unschedulable: false });
    expect(nodeOf(lab, "worker-1").downSince).toBeUndefined();
  });

  it("takes etcd and the kubelet down while apid still answers", async () => {
    const stopped: boolean[] = [];
    const end = watch(lab.world, 126, 0, (event) => {
      if (event?.type === "machine.TaskEvent") stopped.push(isConfigured(lab.world, 126));
    });
    await upgraded(126, installer(schematic, "v1.12.1"));
    end();
    expect(stopped[0]).toBe(true);
    expect(stopped.at(-1)).toBe(false);
  });

  it("says phase by phase what it does, with the actor's id, until the machine goes", async () => {
    const seen: (NodeEvent | undefined)[] = [];
    watch(lab.world, 129, 0, (event) => seen.push(event));
    const actorId = await upgrade(lab.world, machine(lab, 129), { image: installer(schematic, "v1.12.1") });
    await lab.world.ended();
    const phases = seen.filter((event) => event?.type === "machine.PhaseEvent");
    const started = phases.filter((event) => event?.payload["action"] === "START");
    expect(started.map((event) => event?.payload["phase"])).toEqual(
      "drain cleanup dbus stopServices unmount unmountBind unmountSystem volumeFinalize upgrade meta kexec stopEverything reboot".split(
        " ",
      ),
    );
    expect(new Set(phases.map((event) => event?.actorId))).toEqual(new Set([actorId]));
    expect(seen.at(-1)).toBeUndefined();
  });

  it("goes on where a killed process left it", async () => {
    const before = machine(lab, 129).bootId;
    let saved = "";
    const { clock, systems, state } = lab.world;
    const dying = new World({
      ...{ state, clock, systems },
      save: (state) => {
        if (state.machines[129]?.sequence?.phase === 5) saved ||= JSON.stringify(state);
        return Promise.resolve();
      },
    });
    await upgrade(dying, machine(lab, 129), { image: installer(schematic, "v1.12.1") });
    await dying.ended();
    const world = new World({ state: JSON.parse(saved) as World["state"], clock, systems });
    expect(world.state.machines[129]).toMatchObject({ bootId: before, image: { version: "v1.12.0" } });
    resumeSequences(world);
    await world.ended();
    expect(world.state.machines[129]!.image.version).toBe("v1.12.1");
    expect(world.state.events.filter(({ kind }) => kind === "upgrade-started")).toHaveLength(1);
  });

  it("is not begun twice on one node", async () => {
    const locked: NodeEvent[] = [];
    watch(lab.world, 129, 0, (event) => {
      if (event && JSON.stringify(event.payload).includes("LOCKED")) locked.push(event);
    });
    await order(129, installer(schematic, "v1.12.1"));
    rebootNode(lab.world, machine(lab, 129));
    await lab.world.ended();
    expect(locked).toMatchObject([{ payload: { sequence: "reboot", action: "NOOP" } }]);
    expect(machine(lab, 129).bootCount).toBe(2);
  });

  it("to the installer of another platform makes the node one of that platform", async () => {
    await upgraded(129, installer(schematic, "v1.12.1", "metal"));
    expect(machine(lab, 129).image.platform).toBe("metal");
  });

  it("of a machine that is switched off in the middle does not go on", async () => {
    const end = watch(lab.world, 129, 0, (event) => {
      if (event?.payload["phase"] === "unmount") void lab.stop(129);
    });
    await upgraded(129, installer(schematic, "v1.12.1"));
    end();
    expect(lab.texts("upgrade-done")).toEqual([]);
    await lab.start(129);
    expect(machine(lab, 129).image.version).toBe("v1.12.0");
  });
});

describe("what runs on the node", () => {
  const calls: string[] = [];
  let left: string | undefined;
  const real = nodeWorkloads();
  const workloads: NodeWorkloads = {
    ...real,
    cordon: (world, vmId) => {
      calls.push(`cordon ${vmId}`);
      return real.cordon(world, vmId);
    },
    drain: async (world, vmId, timeout) => {
      calls.push(`drain ${vmId} ${timeout}`);
      if (left) await world.clock.sleep(timeout);
      return left;
    },
    stopped: (world, vmId, why) => {
      calls.push(`stopped ${vmId}`);
      return real.stopped(world, vmId, why);
    },
  };
  /** What was asked of Kubernetes, and then what became of the node by itself. */
  const story = () => [
    ...calls,
    ...lab.world.state.events
      .slice(from)
      .flatMap(({ kind, subject }) =>
        subject === "worker-1" && ["node-uncordoned", "node-up"].includes(kind) ? [kind] : [],
      ),
  ];
  let from = 0;
  beforeEach(async () => {
    lab = await Lab.open(1, workloads);
    schematic = await bringUp(lab);
    calls.length = 0;
    left = undefined;
    from = lab.world.state.events.length;
  });

  it("is drained, stopped and started in this order, behind a cordon", async () => {
    await upgraded(129, installer(schematic, "v1.12.1"));
    const wanted = ["cordon 129", "drain 129 300", "stopped 129", "node-uncordoned", "node-up"];
    expect(story()).toEqual(wanted);
  });

  it("goes down all the same when it could not be drained in five minutes", async () => {
    left = "a pod would not go";
    const ordered = lab.clock.now();
    await upgraded(129, installer(schematic, "v1.12.1"));
    expect(machine(lab, 129).image.version).toBe("v1.12.1");
    const down = lab.world.state.events.find(({ kind }) => kind === "node-down")!;
    expect(down.at - ordered).toBeGreaterThan(300);
    expect(lab.texts("drain-failed").at(-1)).toBe(
      "worker-1 goes on although it could not be drained: a pod would not go",
    );
  });

  it("stays behind a cordon that somebody else made", async () => {
    nodeOf(lab, "worker-1").unschedulable = true;
    await upgraded(129, installer(schematic, "v1.12.1"));
    expect(story()).not.toContain("node-uncordoned");
    expect(nodeOf(lab, "worker-1").unschedulable).toBe(true);
  });

  it("is not drained by a reboot", async () => {
    rebootNode(lab.world, machine(lab, 129));
    await lab.world.ended();
    expect(story()).toEqual(["stopped 129", "node-up"]);
  });

  it("stops and starts with the power as well", async () => {
    await lab.stop(129);
    await lab.start(129);
    await pass(lab, 120);
    expect(story()).toEqual(["stopped 129", "node-up"]);
  });
});

describe("an upgrade is refused", () => {
  beforeEach(async () => {
    lab = await Lab.open();
  });

  it("with two control planes: one would have no quorum", async () => {
    schematic = await bringUp(lab, { controlPlanes: 2 });
    await expect(order(126, installer(schematic, "v1.12.1"))).rejects.toThrow(
      "error validating etcd for upgrade: etcd member count(2) is insufficient to maintain quorum if upgrade commences",
    );
    // A worker is not checked.
    await upgraded(129, installer(schematic, "v1.12.1"));
    expect(machine(lab, 129).image.version).toBe("v1.12.1");
  });

  it("with a member that is not healthy, unless forced", async () => {
    schematic = await bringUp(lab);
    setFault(lab.world, "etcd-member-fails", 128);
    await expect(order(126, installer(schematic, "v1.12.1"))).rejects.toThrow(
      /etcd member [0-9a-f]{16} is not healthy; all members must be healthy to perform an upgrade/,
    );
    await upgrade(lab.world, machine(lab, 126), { image: installer(schematic, "v1.12.1"), force: true });
    await lab.world.ended();
    expect(machine(lab, 126).image.version).toBe("v1.12.1");
  });

  it("while another control plane's checks run, or once its etcd has stopped", async () => {
    schematic = await bringUp(lab);
    const image = installer(schematic, "v1.12.1");
    const both = await Promise.allSettled([order(126, image), order(127, image)]);
    expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(String((both[1] as PromiseRejectedResult).reason)).toContain("mutex: Locked by another session");
    await lab.world.ended();
    await lab.stop(126);
    await expect(order(127, image)).rejects.toThrow("is not healthy");
  });

  it("not for a single control plane, whose API is away meanwhile", async () => {
    schematic = await bringUp(lab, { controlPlanes: 1 });
    await upgraded(126, installer(schematic, "v1.12.1"));
    expect(machine(lab, 126).image.version).toBe("v1.12.1");
    expect(lab.texts("etcd-quorum-lost")).toHaveLength(1);
    expect(nodeOf(lab, "cp-1").downSince).toBeUndefined();
  });

  it("by the installer, after the drain, when it does not take over that version", async () => {
    schematic = await bringUp(lab, { version: "v1.9.5", config: OLD });
    const before = machine(lab, 129).bootId;
    await upgraded(129, installer(schematic, "v1.12.1"));
    await pass(lab, 120);
    expect(lab.texts("request-refused")).toEqual([
      "the installer of Talos v1.12.1 refused on worker-1: pre-flight checks failed: host version 1.9.5 is too old to upgrade to Talos 1.12.1",
    ]);
    expect(lab.texts("upgrade-failed")[0]).toContain(
      'error running phase 9 in upgrade sequence: task 1/1: failed, task "upgrade" failed: exit code 1',
    );
    expect(machine(lab, 129)).toMatchObject({ image: { version: "v1.9.5" } });
    expect(machine(lab, 129).bootId).not.toBe(before);
    expect(nodeOf(lab, "worker-1")).toMatchObject({ unschedulable: false });
  });

  it("by a node that cannot reach Kubernetes to be cordoned: a minute later it reboots as it was", async () => {
    schematic = await bringUp(lab, { controlPlanes: 1 });
    await lab.stop(126);
    await upgraded(129, installer(schematic, "v1.12.1"));
    expect(machine(lab, 129)).toMatchObject({ image: { version: "v1.12.0" }, bootCount: 2 });
    expect(lab.texts("upgrade-failed")[0]).toContain("error running phase 1 in upgrade sequence");
  });
});

/** No document that came later, and a Kubernetes that it runs. */
const OLD = { talosVersion: "v1.9", kubernetesVersion: "1.31.0" };
