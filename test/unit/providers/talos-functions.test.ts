import { describe, expect, it } from "vitest";
import type { Secret } from "../../../rehearsal/providers/server/index.ts";
import { bootstrap } from "../../support/world/calls.ts";
import { NODE, invoke, lab, withProvider } from "./talos-support.ts";

withProvider();

describe("functions", () => {
  const target = () => ({ node: NODE, clientConfiguration: lab.secrets.clientConfiguration });

  it("getDisks shows a machine in maintenance mode and a running one the same disks", async () => {
    await lab.start(100);
    const sizes = async () => {
      const { disks } = await invoke("talos:machine/getDisks:getDisks", {
        ...target(),
        selector: "disk.size > 5u * GB",
      });
      return (disks as { size: number; prettySize: string; serial: string }[]).map(
        ({ size, prettySize, serial }) => [size, prettySize, serial],
      );
    };
    const expected = [
      [34359738368, "34 GB", ""],
      [42949672960, "43 GB", "data-1"],
    ];
    expect(await sizes()).toEqual(expected);
    await lab.apply(NODE, await lab.config({ hostname: "cp-1" }));
    expect(await sizes()).toEqual(expected);
  });

  it("getDisks does not know the system disk, and refuses a selector that does not parse at once", async () => {
    await lab.start(100);
    const { disks } = await invoke("talos:machine/getDisks:getDisks", {
      ...target(),
      selector: "system_disk",
    });
    expect(disks).toEqual([]);
    const started = lab.clock.now();
    await expect(
      invoke("talos:machine/getDisks:getDisks", { ...target(), selector: "disk.sise == 1u" }),
    ).rejects.toThrow("failed to parse celenv selector");
    expect(lab.clock.now()).toBe(started);
  });

  it("getDisks names the two machines at one address", async () => {
    lab.addVm({ vmId: 101, name: "w-1", address: NODE });
    await lab.start(100);
    await lab.start(101);
    await expect(invoke("talos:machine/getDisks:getDisks", target())).rejects.toThrow(
      "VM 100 (cp-1) and VM 101 (w-1)",
    );
  });

  it("getHealth waits for a cluster", async () => {
    await lab.start(100);
    await lab.apply(NODE, await lab.config({ hostname: "cp-1" }));
    await bootstrap(lab.world, lab.target(NODE));
    const args = {
      clientConfiguration: lab.secrets.clientConfiguration,
      endpoints: [NODE],
      controlPlaneNodes: [NODE],
    };
    expect(await invoke("talos:cluster/getHealth:getHealth", args)).toMatchObject({
      id: "cluster_health",
    });
    await expect(
      invoke("talos:cluster/getHealth:getHealth", {
        ...args,
        workerNodes: ["10.0.0.7"],
        timeouts: { read: "1m" },
      }),
    ).rejects.toThrow("cluster health check failed: waiting for");
  });

  it("getConfiguration makes a talosconfig that names its endpoints", async () => {
    const made = await invoke("talos:client/getConfiguration:getConfiguration", {
      clusterName: "lab",
      clientConfiguration: lab.secrets.clientConfiguration,
      endpoints: [NODE],
    });
    expect((made["talosConfig"] as Secret).value).toContain(NODE);
  });

  it("getVersions lists what the factory has", async () => {
    const versions = await invoke("talos:imageFactory/getVersions:getVersions", {});
    expect(versions["talosVersions"]).toContain("v1.12.0");
  });
});
