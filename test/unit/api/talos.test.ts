import { beforeEach, describe, expect, it } from "vitest";
import { authorityOf, defaultNode, identityOf } from "../../../rehearsal/api/talos/authority.ts";
import { callKey, callManner } from "../../../rehearsal/api/talos/faults.ts";
import { reach } from "../../../rehearsal/world/talos/api.ts";
import { bringUp, CONTROL_PLANES, machine, WORKER } from "../../support/world/cluster.ts";
import { Lab } from "../../support/world/lab.ts";
import { newSecrets } from "../../support/world/world.ts";

let lab: Lab;
beforeEach(async () => {
  lab = await Lab.open();
});

const certificate = () => lab.secrets.clientConfiguration.caCertificate;

describe("whose certificates count", () => {
  it("nobody's before a control plane is configured", () => {
    expect(() => authorityOf(lab.world)).toThrow("no control plane is configured yet");
    expect(() => defaultNode(lab.world)).toThrow("no control plane answers");
  });

  it("those of the cluster's own authority, which its control planes hold", async () => {
    await bringUp(lab, { controlPlanes: 1 });
    expect(authorityOf(lab.world).certificate).toBe(certificate());
    expect(authorityOf(lab.world).key).not.toBe("");
    expect(defaultNode(lab.world)).toBe(CONTROL_PLANES[0]);
    await lab.stop(126);
    expect(() => defaultNode(lab.world)).toThrow("no control plane answers");
  });
});

describe("at a machine's own end", () => {
  it("nobody is asked for a certificate in maintenance mode", async () => {
    lab.addVm({ vmId: 140, name: "new", address: "192.168.1.140" });
    expect(() => identityOf(lab.world, "192.168.1.140")).toThrow("no route to host");
    await lab.start(140);
    expect(identityOf(lab.world, "192.168.1.140")).toEqual({ addresses: ["192.168.1.140"], names: [] });
  });

  it("a node proves its own addresses and name by the cluster's authority, a worker too", async () => {
    await bringUp(lab, { controlPlanes: 1 });
    expect(identityOf(lab.world, WORKER)).toMatchObject({
      certificate: certificate(),
      addresses: [WORKER],
      names: ["worker-1"],
    });
    await lab.stop(129);
    expect(() => identityOf(lab.world, WORKER)).toThrow("no route to host");
  });
});

describe("a call reaches", () => {
  beforeEach(async () => {
    await bringUp(lab, { controlPlanes: 1 });
  });

  it("a node of the caller's cluster, the worker too while its control plane is away", async () => {
    expect((await reach(lab.world, WORKER, certificate())).vmId).toBe(129);
    await lab.stop(126);
    expect((await reach(lab.world, WORKER, certificate())).vmId).toBe(129);
    // After a boot of its own it has to ask somebody for a certificate first.
    await lab.stop(129);
    await lab.start(129);
    await expect(reach(lab.world, WORKER, certificate())).rejects.toThrow("connect: connection refused");
  });

  it("no node of another cluster, nor one without a config", async () => {
    const others = (await newSecrets()).clientConfiguration.caCertificate;
    await expect(reach(lab.world, WORKER, others)).rejects.toThrow("certificate signed by unknown authority");
    lab.addVm({ vmId: 140, name: "new", address: "192.168.1.140" });
    await lab.start(140);
    await expect(reach(lab.world, "192.168.1.140", certificate())).rejects.toThrow("unknown authority");
    expect(machine(lab, 140).facts).toBeUndefined();
  });

  it("nobody at an address that nobody has", async () => {
    await expect(reach(lab.world, "10.0.0.9", certificate())).rejects.toThrow("no route to host");
  });
});

describe("a fault", () => {
  it("finds a call by its method and node", () => {
    const call = { method: "/machine.MachineService/Upgrade", node: WORKER };
    expect(callKey(call)).toBe(`node Upgrade ${WORKER}`);
  });

  it("speaks as gRPC does, and keeps a caller waiting in simulated time", async () => {
    const manner = callManner(lab.world, new AbortController().signal, true);
    expect(manner.failed()).toMatchObject({ grpc: "Internal" });
    expect(manner.timedOut()).toMatchObject({ grpc: "DeadlineExceeded" });
    expect(manner.broken()).toMatchObject({ grpc: "Unavailable" });
    const before = lab.clock.now();
    await manner.sleep(manner.patience);
    expect(lab.clock.now() - before).toBe(60);
  });
});
