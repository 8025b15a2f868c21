import { beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../../../rehearsal/world/talos/api.ts";
import { Lab, type ConfigOptions } from "../../../support/world/lab.ts";
import { newSecrets } from "../../../support/world/world.ts";

const CP = "192.168.1.126";
const WORKER = "192.168.1.127";
let lab: Lab;
beforeEach(async () => {
  lab = await Lab.open();
});

async function controlPlane(vmId = 100, address = CP, config: Partial<ConfigOptions> = {}): Promise<void> {
  await lab.node(vmId, address, { hostname: `cp-${vmId - 99}`, ...config });
}

describe("the Talos API", () => {
  it("refuses a client of other secrets as mutual TLS would", async () => {
    await controlPlane();
    const other = await newSecrets();
    const stranger = { ...lab.target(CP), credentials: other.clientConfiguration };
    await expect(connect(lab.world, stranger)).rejects.toThrow(
      "x509: certificate signed by unknown authority",
    );
    const forged = {
      ...other.clientConfiguration,
      caCertificate: lab.secrets.clientConfiguration.caCertificate,
    };
    await expect(connect(lab.world, { ...lab.target(CP), credentials: forged })).rejects.toThrow(
      "remote error: tls: unknown certificate authority",
    );
    await expect(connect(lab.world, { node: CP, endpoint: CP })).rejects.toThrow("tls: certificate required");
    expect((await connect(lab.world, lab.target(CP))).mode).toBe("running");
  });

  it("of a worker needs a control plane for its certificate", async () => {
    await lab.node(101, WORKER, { hostname: "w-1", role: "worker" });
    await expect(connect(lab.world, lab.target(WORKER))).rejects.toThrow("connect: connection refused");
    await controlPlane();
    expect((await connect(lab.world, lab.target(WORKER))).mode).toBe("running");
  });

  it("passes calls on from a control plane alone, and not into maintenance mode", async () => {
    await controlPlane();
    await lab.node(101, WORKER, { hostname: "w-1", role: "worker" });
    expect((await connect(lab.world, lab.target(WORKER, CP))).machine.vmId).toBe(101);
    expect((await connect(lab.world, lab.target(WORKER, "127.0.0.1:50000"))).machine.vmId).toBe(101);
    await expect(connect(lab.world, lab.target(CP, WORKER))).rejects.toThrow("no request forwarding");
    expect((await connect(lab.world, lab.target(WORKER, WORKER))).machine.vmId).toBe(101);
    await expect(connect(lab.world, lab.target(WORKER, "192.168.1.9"))).rejects.toThrow("no route to host");
    lab.addVm({ vmId: 102, name: "new", address: "192.168.1.130" });
    await lab.start(102);
    await expect(connect(lab.world, lab.target("192.168.1.130", CP))).rejects.toThrow("maintenance mode");
  });
});
