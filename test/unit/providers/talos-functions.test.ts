import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Machinery } from "../../../rehearsal/machinery.ts";
import type { Secret } from "../../../rehearsal/providers/server/index.ts";
import { type SimulatedProvider } from "../../../rehearsal/providers/server/index.ts";
import { talosProvider } from "../../../rehearsal/providers/talos/index.ts";
import { bootstrap } from "../../../rehearsal/world/talos/api.ts";
import { Lab, openMachinery } from "../world/talos/support.ts";
import { NODE, invoke } from "./talos-support.ts";

let machinery: Machinery;
let lab: Lab;
let provider: SimulatedProvider;
beforeAll(async () => {
  machinery = await openMachinery();
});
afterAll(() => machinery.close());
beforeEach(async () => {
  lab = await Lab.open(machinery);
  provider = talosProvider(lab.world);
  lab.addVm({ vmId: 100, name: "cp-1", address: NODE });
});

describe("functions", () => {
  const target = () => ({ node: NODE, clientConfiguration: lab.secrets.clientConfiguration });

  it("getDisks shows a machine in maintenance mode and a running one the same disks", async () => {
    await lab.start(100);
    const sizes = async () => {
      const { disks } = await invoke(provider, "talos:machine/getDisks:getDisks", {
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
    const { disks } = await invoke(provider, "talos:machine/getDisks:getDisks", {
      ...target(),
      selector: "system_disk",
    });
    expect(disks).toEqual([]);
    const started = lab.clock.now();
    await expect(
      invoke(provider, "talos:machine/getDisks:getDisks", { ...target(), selector: "disk.sise == 1u" }),
    ).rejects.toThrow("failed to parse celenv selector");
    expect(lab.clock.now()).toBe(started);
  });

  it("getDisks names the two machines at one address", async () => {
    lab.addVm({ vmId: 101, name: "w-1", address: NODE });
    await lab.start(100);
    await lab.start(101);
    await expect(invoke(provider, "talos:machine/getDisks:getDisks", target())).rejects.toThrow(
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
    expect(await invoke(provider, "talos:cluster/getHealth:getHealth", args)).toMatchObject({
      id: "cluster_health",
    });
    await expect(
      invoke(provider, "talos:cluster/getHealth:getHealth", {
        ...args,
        workerNodes: ["10.0.0.7"],
        timeouts: { read: "1m" },
      }),
    ).rejects.toThrow("cluster health check failed: waiting for");
  });

  it("getConfiguration makes a talosconfig that names its endpoints", async () => {
    const made = await invoke(provider, "talos:client/getConfiguration:getConfiguration", {
      clusterName: "lab",
      clientConfiguration: lab.secrets.clientConfiguration,
      endpoints: [NODE],
    });
    expect((made["talosConfig"] as Secret).value).toContain(NODE);
  });

  it("getUrls names nocloud's images and installer", async () => {
    const { urls } = await invoke(provider, "talos:imageFactory/getUrls:getUrls", {
      schematicId: "abc",
      talosVersion: "1.12.0",
      platform: "nocloud",
    });
    expect(urls).toMatchObject({
      installer: "factory.talos.dev/nocloud-installer/abc:v1.12.0",
      diskImage: "https://factory.talos.dev/image/abc/v1.12.0/nocloud-amd64.raw.xz",
      iso: "https://factory.talos.dev/image/abc/v1.12.0/nocloud-amd64.iso",
      kernel: "",
    });
  });

  it("list versions, extensions and overlays, filtered", async () => {
    const versions = await invoke(provider, "talos:imageFactory/getVersions:getVersions", {});
    expect(versions["talosVersions"]).toContain("v1.12.0");
    const extensions = await invoke(
      provider,
      "talos:imageFactory/getExtensionsVersions:getExtensionsVersions",
      {
        talosVersion: "v1.12.0",
        filters: { names: ["iscsi"] },
      },
    );
    expect((extensions["extensionsInfos"] as { name: string }[]).map(({ name }) => name)).toEqual([
      "siderolabs/iscsi-tools",
      "siderolabs/trident-iscsi-tools",
    ]);
    const overlays = await invoke(provider, "talos:imageFactory/getOverlaysVersions:getOverlaysVersions", {
      talosVersion: "v1.12.0",
      filters: { name: "rpi_generic" },
    });
    expect(overlays["overlaysInfos"]).toHaveLength(1);
  });
});
