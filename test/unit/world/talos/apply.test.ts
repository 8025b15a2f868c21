import { beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../../../rehearsal/world/talos/api.ts";
import { apply, bootstrap } from "../../../support/world/calls.ts";
import { stateOf } from "../../../../rehearsal/world/talos/disks/boot-disk.ts";
import { waitHealthy } from "../../../../rehearsal/world/kubernetes/nodes/health.ts";
import { reboot } from "../../../../rehearsal/world/talos/lifecycle.ts";
import { machineAt } from "../../../../rehearsal/world/talos/network/addresses.ts";
import { resetMachine } from "../../../../rehearsal/world/talos/machined/reset.ts";
import { Lab } from "../../../support/world/lab.ts";

const NODE = "192.168.1.126";
let lab: Lab;
beforeEach(async () => {
  lab = await Lab.open();
  lab.addVm({ vmId: 100, name: "cp-1", address: NODE });
  await lab.start(100);
});

const SYSCTL = 'machine: {sysctls: {vm.nr_hugepages: "1024"}}';
/** Not among what Talos takes over without a reboot. */
const UDEV = "machine: {udev: {rules: ['SUBSYSTEM==\"drm\"']}}";

const bootCount = () => lab.world.state.machines[100]!.bootCount;
const config = (...patches: string[]) => lab.config({ hostname: "cp-1", patches });

describe("a first config", () => {
  it("is taken over without a reboot and survives one", async () => {
    await lab.apply(NODE, await config());
    expect(bootCount()).toBe(1);
    expect(lab.world.state.machines[100]!.facts?.hostname).toBe("cp-1");
    await reboot(lab.world, 100, "test");
    await lab.clock.sleep(120);
    expect((await connect(lab.world, lab.target(NODE))).mode).toBe("running");
  });

  it("is refused when it does not load or validate, in Talos's words and without secrets", async () => {
    await expect(lab.apply(NODE, "machine: {nonsense: true}")).rejects.toThrow(
      /code = Unknown desc = failed to parse config: .*nonsense/s,
    );
    const broken = (await config()).replace(/endpoint: https:.*/, "endpoint: ''");
    const refusal = (await lab.apply(NODE, broken).catch((error: unknown) => error)) as Error;
    expect(refusal.message).toContain("code = InvalidArgument desc = configuration validation failed");
    const token = /token: (\S+)/.exec(broken)![1]!;
    const leak = (await config()).replace(
      "version: v1alpha1",
      `version: v1alpha1\nleak: {token: ${token}, key: ${lab.secrets.clientConfiguration.clientKey}}`,
    );
    const unknown = (await lab.apply(NODE, leak).catch((error: unknown) => error)) as Error;
    expect(unknown.message).toContain("leak");
    expect(unknown.message).not.toContain(token);
    expect(unknown.message).not.toContain(lab.secrets.clientConfiguration.clientKey);
  });

  it.each(["no_reboot", "staged"] as const)("is not taken in mode %s", async (mode) => {
    await expect(lab.apply(NODE, await config(), mode)).rejects.toThrow(
      "is not supported in maintenance mode",
    );
  });

  it("adds its own address to the one from nocloud", async () => {
    await lab.apply(NODE, await lab.config({ hostname: "cp-1", address: "192.168.1.140" }));
    expect(machineAt(lab.world, "192.168.1.140").vmId).toBe(100);
    expect(machineAt(lab.world, NODE).vmId).toBe(100);
    expect(lab.world.state.machines[100]!.address).toBe("192.168.1.140");
  });
});

describe("a changed config", () => {
  beforeEach(async () => {
    await lab.apply(NODE, await config());
  });

  it("is taken over at once in mode auto where it can be", async () => {
    expect((await lab.apply(NODE, await config(SYSCTL))).mode).toBe("no_reboot");
    expect(bootCount()).toBe(1);
  });

  it("reboots the node in mode auto where it must", async () => {
    const result = await lab.apply(NODE, await config(UDEV));
    expect(result).toMatchObject({ mode: "reboot" });
    expect(result.details).toContain("machine.udev");
    expect(bootCount()).toBe(2);
  });

  it("is refused in mode no_reboot where it needs one", async () => {
    await expect(lab.apply(NODE, await config(UDEV), "no_reboot")).rejects.toThrow("code = InvalidArgument");
    expect(bootCount()).toBe(1);
  });

  it("waits for the next reboot in mode staged", async () => {
    const next = await lab.config({ hostname: "renamed" });
    await lab.apply(NODE, next, "staged");
    expect(lab.world.state.machines[100]!.facts?.hostname).toBe("cp-1");
    await reboot(lab.world, 100, "test");
    await lab.clock.sleep(120);
    expect(lab.world.state.machines[100]!.facts?.hostname).toBe("renamed");
  });

  it("always reboots in mode reboot", async () => {
    await lab.apply(NODE, await config(), "reboot");
    expect(bootCount()).toBe(2);
  });

  it("is reverted after a minute in mode try", async () => {
    await lab.apply(NODE, await lab.config({ hostname: "renamed" }), "try");
    await lab.world.settle();
    expect(lab.world.state.machines[100]!.facts?.hostname).toBe("cp-1");
  });

  it("stays when it is applied for good within that minute", async () => {
    const next = await lab.config({ hostname: "renamed" });
    const request = { machineConfig: next, mode: "try" as const };
    await apply(lab.world, lab.target(NODE), request);
    await lab.apply(NODE, next);
    await lab.world.settle();
    expect(lab.world.state.machines[100]!.facts?.hostname).toBe("renamed");
    expect(lab.world.state.machines[100]!.revertsAt).toBeUndefined();
  });

  it("is on record with whether it changed anything", async () => {
    await lab.apply(NODE, await config());
    expect(lab.texts("config-applied")).toEqual([
      "cp-1 got its first config",
      "cp-1 got a same config (no_reboot)",
    ]);
  });
});

describe("a reset", () => {
  beforeEach(async () => {
    await lab.apply(NODE, await config());
    await bootstrap(lab.world, lab.target(NODE));
    await lab.clock.sleep(200);
  });

  it("does not leave etcd gracefully as its only member", async () => {
    await expect(
      resetMachine(lab.world, machineAt(lab.world, NODE), { graceful: true, reboot: true }),
    ).rejects.toThrow("the only member");
  });

  it("brings the node back to maintenance mode and keeps the user volume", async () => {
    await resetMachine(lab.world, machineAt(lab.world, NODE), { graceful: false, reboot: true });
    await lab.clock.sleep(120);
    expect((await connect(lab.world, { node: NODE, endpoint: NODE })).mode).toBe("maintenance");
    const { disks } = lab.world.state.proxmox.vms[100]!;
    expect(stateOf(disks["scsi0"])).toBeUndefined();
    expect(disks["virtio1"]!.content).toMatchObject({ partitions: [{ label: "u-longhorn" }] });
    expect(lab.world.state.clusters).toEqual({});
  });

  it("leaves the machine switched off without a reboot", async () => {
    await resetMachine(lab.world, machineAt(lab.world, NODE), { graceful: false, reboot: false });
    expect(lab.world.state.proxmox.vms[100]!.power).toBe("stopped");
  });
});

describe("health", () => {
  const request = (skipKubernetes = false) => ({
    controlPlanes: [NODE],
    workers: [],
    skipKubernetes,
    open: (node: string) => connect(lab.world, lab.target(node)),
  });
  const never = new AbortController().signal;

  it("waits for etcd, then for the nodes", async () => {
    await lab.apply(NODE, await config());
    const deadline = lab.clock.now() + 60;
    await expect(waitHealthy(lab.world, request(), deadline, never)).rejects.toThrow(
      /waiting for etcd to be healthy: .*current state \[Preparing\].*context deadline exceeded/,
    );
    await bootstrap(lab.world, lab.target(NODE));
    const started = lab.clock.now();
    await waitHealthy(lab.world, request(), started + 600, never);
    expect(lab.clock.now() - started).toBeGreaterThan(60);
  });

  it("names a node that never reports", async () => {
    await lab.apply(NODE, await config());
    await bootstrap(lab.world, lab.target(NODE));
    await lab.clock.sleep(200);
    const wanted = { ...request(), workers: ["192.168.1.127"] };
    await expect(waitHealthy(lab.world, wanted, lab.clock.now() + 60, never)).rejects.toThrow(
      "192.168.1.127",
    );
  });
});
