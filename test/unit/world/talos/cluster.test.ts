import { beforeEach, describe, expect, it } from "vitest";
import { apply, bootstrap } from "../../../support/world/calls.ts";
import { hostsIn, nodesOf, isReady } from "../../../../rehearsal/world/kubernetes/cluster.ts";
import { kubernetesApiAt } from "../../../../rehearsal/world/talos/control-plane/api-server.ts";
import { quorum } from "../../../../rehearsal/world/talos/etcd/members.ts";
import { hostOf } from "../../../../rehearsal/world/talos/host.ts";
import { reboot } from "../../../../rehearsal/world/talos/lifecycle.ts";
import { Lab, type ConfigOptions } from "../../../support/world/lab.ts";
import { newSecrets } from "../../../support/world/world.ts";

const CP = "192.168.1.126";
const WORKER = "192.168.1.127";
let lab: Lab;
beforeEach(async () => {
  lab = await Lab.open();
});

async function after(seconds: number): Promise<void> {
  await lab.clock.sleep(seconds);
  await lab.world.settle();
}

function cluster() {
  return Object.values(lab.world.state.clusters)[0]!;
}

function readyNames(): string[] {
  return nodesOf({ state: cluster() })
    .filter((one) => isReady({ world: lab.world, hosts: hostsIn(lab.world) }, one))
    .map(({ name }) => name);
}

async function controlPlane(vmId = 100, address = CP, config: Partial<ConfigOptions> = {}): Promise<void> {
  await lab.node(vmId, address, { hostname: `cp-${vmId - 99}`, ...config });
}

describe("bootstrap", () => {
  it("makes a cluster once; the API server answers a while later", async () => {
    await controlPlane();
    await bootstrap(lab.world, lab.target(CP));
    expect(() => kubernetesApiAt(lab.world, CP)).toThrow(`dial tcp ${CP}:6443: connect: connection refused`);
    await after(120);
    expect(kubernetesApiAt(lab.world, CP).name).toBe("lab");
    await expect(bootstrap(lab.world, lab.target(CP))).rejects.toThrow(
      "rpc error: code = AlreadyExists desc = etcd data directory is not empty",
    );
    expect(lab.texts("bootstrap")).toHaveLength(1);
  });

  it("is not there in maintenance mode, nor right after the first config, nor on a worker", async () => {
    lab.addVm({ vmId: 100, name: "cp-1", address: CP });
    await lab.start(100);
    await expect(bootstrap(lab.world, lab.target(CP))).rejects.toThrow("code = Unimplemented");
    await apply(lab.world, lab.target(CP), {
      machineConfig: await lab.config({ hostname: "cp-1" }),
      mode: "auto",
    });
    await expect(bootstrap(lab.world, lab.target(CP))).rejects.toThrow("connect: connection refused");
    await lab.clock.sleep(20);
    await expect(bootstrap(lab.world, lab.target(CP))).rejects.toThrow("bootstrap is not available yet");
    await lab.node(101, WORKER, { hostname: "w-1", role: "worker" });
    await expect(bootstrap(lab.world, lab.target(WORKER))).rejects.toThrow(
      "only be performed on a control plane",
    );
  });

  it("of an emptied control plane beside a living cluster is a catastrophe", async () => {
    await controlPlane();
    await bootstrap(lab.world, lab.target(CP));
    await after(200);
    await controlPlane(101, "192.168.1.128", { endpoint: "https://192.168.1.128:6443" });
    await bootstrap(lab.world, lab.target("192.168.1.128"));
    expect(lab.catastrophes()).toEqual([
      "bootstrapped a second etcd on cp-2 beside the living one of cluster lab",
    ]);
  });
});

describe("nodes", () => {
  it("join and become Ready after the API server is there, workers too", async () => {
    await controlPlane();
    await lab.node(101, WORKER, { hostname: "w-1", role: "worker" });
    await bootstrap(lab.world, lab.target(CP));
    await after(60);
    expect(nodesOf({ state: cluster() })).toEqual([]);
    await after(120);
    await after(1);
    expect(readyNames()).toEqual(["cp-1", "w-1"]);
    const [first, second] = nodesOf({ state: cluster() });
    expect(first).toMatchObject({
      controlPlane: true,
      taints: ["node-role.kubernetes.io/control-plane:NoSchedule"],
    });
    expect(first!.labels).toHaveProperty("node.kubernetes.io/exclude-from-external-load-balancers");
    expect(second).toMatchObject({ controlPlane: false, taints: [], address: WORKER });
    expect(lab.texts("node-ready")).toEqual(["cp-1 is Ready", "w-1 is Ready"]);
  });

  it("carry no taint where control planes are schedulable", async () => {
    await controlPlane(100, CP, { patches: ["cluster: {allowSchedulingOnControlPlanes: true}"] });
    await bootstrap(lab.world, lab.target(CP));
    await after(200);
    expect(nodesOf({ state: cluster() })[0]!.taints).toEqual([]);
  });

  it("do not join with the secrets of another cluster, even to the same endpoint", async () => {
    await controlPlane();
    await bootstrap(lab.world, lab.target(CP));
    await lab.node(101, WORKER, { hostname: "w-1", role: "worker", secrets: await newSecrets() });
    await after(300);
    await after(1);
    expect(readyNames()).toEqual(["cp-1"]);
  });

  it("do not join through an endpoint that nobody has", async () => {
    await controlPlane();
    await bootstrap(lab.world, lab.target(CP));
    await lab.node(101, WORKER, { hostname: "w-1", role: "worker", endpoint: "https://192.168.1.250:6443" });
    await after(300);
    expect(readyNames()).toEqual(["cp-1"]);
  });

  it("are not Ready during a reboot and come back by themselves", async () => {
    await controlPlane();
    await bootstrap(lab.world, lab.target(CP));
    await after(200);
    await reboot(lab.world, 100, "test");
    expect(hostOf(lab.world, 100).isUp()).toBe(false);
    expect(readyNames()).toEqual([]);
    expect(() => kubernetesApiAt(lab.world, CP)).toThrow("no route to host");
    expect(lab.texts("etcd-quorum-lost")[0]).toContain("has no quorum: cp-1 reboots (test)");
    await after(200);
    expect(readyNames()).toEqual(["cp-1"]);
    expect(quorum(lab.world, cluster())).toBe(true);
  });
});

describe("three control planes behind a VIP", () => {
  const VIP = "192.168.1.200";
  const addresses = [CP, "192.168.1.128", "192.168.1.129"];
  const vip = (link = "eth0", address = VIP) =>
    `machine: {network: {interfaces: [{interface: ${link}, dhcp: false, vip: {ip: ${address}}}]}}`;

  async function three(patch: string, endpoint = `https://${VIP}:6443`): Promise<void> {
    for (const [index, address] of addresses.entries()) {
      await controlPlane(100 + index, address, { endpoint, address, patches: [patch] });
    }
    await bootstrap(lab.world, lab.target(CP));
    for (let i = 0; i < 6; i++) await after(60);
  }

  it("join etcd one after the other and serve the VIP", async () => {
    await three(vip());
    expect(Object.keys(cluster().etcd)).toHaveLength(3);
    expect(readyNames()).toEqual(["cp-1", "cp-2", "cp-3"]);
    expect(kubernetesApiAt(lab.world, VIP).id).toBe(cluster().id);
    expect(lab.texts("etcd-member-joined")).toEqual([
      "cp-2 joined etcd of cluster lab: 2 members",
      "cp-3 joined etcd of cluster lab: 3 members",
    ]);
  });

  it("keep quorum without one of them and lose it without two", async () => {
    await three(vip());
    await lab.stop(102);
    expect(quorum(lab.world, cluster())).toBe(true);
    expect(kubernetesApiAt(lab.world, VIP).id).toBe(cluster().id);
    await lab.stop(101);
    expect(quorum(lab.world, cluster())).toBe(false);
    expect(() => kubernetesApiAt(lab.world, VIP)).toThrow("connect: no route to host");
    expect(() => kubernetesApiAt(lab.world, CP)).toThrow("etcd has no quorum");
  });

  it("do not serve a VIP on another subnet, or on a link that they do not have", async () => {
    await three(vip("eth0", "10.0.0.9"), "https://10.0.0.9:6443");
    expect(() => kubernetesApiAt(lab.world, "10.0.0.9")).toThrow("no route to host");
    expect(readyNames()).toEqual([]);
    lab = await Lab.open();
    await three(vip("eth7"));
    expect(() => kubernetesApiAt(lab.world, VIP)).toThrow("no route to host");
    expect(lab.texts("config-applied").some((text) => text.includes("has no link eth7"))).toBe(true);
  });

  it("take a replaced one back under its name, without a second bootstrap", async () => {
    await three(vip());
    await lab.remove(102);
    expect(Object.keys(cluster().etcd)).toHaveLength(3);
    await controlPlane(102, addresses[2], {
      endpoint: `https://${VIP}:6443`,
      address: addresses[2]!,
      patches: [vip()],
    });
    for (let i = 0; i < 4; i++) await after(60);
    expect(lab.texts("etcd-member-removed")).toEqual(["etcd forgot the former cp-3"]);
    expect(
      Object.values(cluster().etcd)
        .map(({ vmId }) => vmId)
        .sort(),
    ).toEqual([100, 101, 102]);
    expect(readyNames()).toEqual(["cp-1", "cp-2", "cp-3"]);
    expect(lab.catastrophes()).toEqual([]);
  });

  it("lose the cluster's quorum for good with two of their disks", async () => {
    await three(vip());
    await lab.remove(102);
    await lab.remove(101);
    expect(lab.catastrophes()).toEqual([
      "etcd of cluster lab has lost its quorum for good: 1 of 3 members have their data",
    ]);
  });
});
