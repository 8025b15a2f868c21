import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readConfig } from "../../../rehearsal/world/proxmox/parameters.ts";
import { vmArgs } from "../../../src/proxmox/vm-args.ts";
import { lab, nodeOf, rack } from "../../components/support/homelabs.ts";
import { DATA_DISK_INTERFACE, OS_DISK_INTERFACE } from "../../../src/disks.ts";

const IMAGE = "local:import/talos.qcow2";

describe("a VM's arguments", () => {
  test("worker of the lab, whole: nothing more goes to Proxmox than this", () => {
    const config = lab();
    expect(vmArgs(config, nodeOf(config, "worker-1"), IMAGE)).toStrictEqual({
      nodeName: "pve",
      migrate: true,
      vmId: 127,
      name: "lab-worker-1",
      description: "Talos worker worker-1 of cluster lab. Managed by Pulumi.",
      tags: ["lab", "talos", "worker"],
      machine: "q35",
      bios: "ovmf",
      efiDisk: { datastoreId: "local-lvm", type: "4m" },
      scsiHardware: "virtio-scsi-single",
      bootOrders: ["scsi0"],
      onBoot: true,
      cdrom: { fileId: "none", interface: "ide3" },
      rebootAfterUpdate: false,
      stopOnDestroy: true,
      operatingSystem: { type: "l26" },
      cpu: { cores: 4, type: "host" },
      memory: { dedicated: 4096 },
      agent: { enabled: true, trim: true, waitForIp: { disabled: true } },
      networkDevices: [{ bridge: "vmbr0" }],
      initialization: {
        datastoreId: "local-lvm",
        dns: { servers: ["192.168.1.1"] },
        ipConfigs: [{ ipv4: { address: "192.168.1.127/24", gateway: "192.168.1.1" } }],
      },
      disks: [
        {
          interface: "scsi0",
          datastoreId: "local-lvm",
          size: 32,
          importFrom: IMAGE,
          iothread: true,
          discard: "on",
        },
        {
          interface: "virtio1",
          datastoreId: "local-lvm",
          size: 40,
          serial: "data-127",
          backup: false,
          iothread: true,
          discard: "on",
        },
      ],
    });
  });

  test("a control plane differs in its name, id, address and serial alone", () => {
    const config = lab();
    const worker = vmArgs(config, nodeOf(config, "worker-1"), IMAGE);
    expect(vmArgs(config, nodeOf(config, "cp-1"), IMAGE)).toStrictEqual({
      ...worker,
      vmId: 126,
      name: "lab-cp-1",
      description: "Talos controlplane cp-1 of cluster lab. Managed by Pulumi.",
      tags: ["controlplane", "lab", "talos"],
      initialization: {
        datastoreId: "local-lvm",
        dns: { servers: ["192.168.1.1"] },
        ipConfigs: [{ ipv4: { address: "192.168.1.126/24", gateway: "192.168.1.1" } }],
      },
      disks: [{ ...(worker.disks as object[])[0] }, { ...(worker.disks as object[])[1], serial: "data-126" }],
    });
  });

  test("with a start order, a control plane starts first and gives the workers time", () => {
    const config = { ...lab(), proxmox: { ...lab().proxmox, startOrder: true } };
    expect(vmArgs(config, nodeOf(config, "cp-1"), IMAGE).startup).toStrictEqual({ order: 1, upDelay: 30 });
    expect(vmArgs(config, nodeOf(config, "worker-1"), IMAGE).startup).toStrictEqual({ order: 2 });
  });

  test("MAC, VLAN, host and datastores as configured", () => {
    const config = rack();
    const args = vmArgs(config, nodeOf(config, "worker-3"), IMAGE);
    expect(args.nodeName).toBe("pve3");
    expect(args.networkDevices).toStrictEqual([
      { bridge: "vmbr0", macAddress: "BC:24:11:20:00:23", vlanId: 20 },
    ]);
    expect(args.memory).toStrictEqual({ dedicated: 16384 });
    expect(args.efiDisk).toStrictEqual({ datastoreId: "local-zfs", type: "4m" });
    expect(args.initialization).toStrictEqual({
      datastoreId: "local-zfs",
      dns: { servers: ["10.20.0.1", "9.9.9.9"] },
      ipConfigs: [{ ipv4: { address: "10.20.0.23/24", gateway: "10.20.0.1" } }],
    });
  });

  test("without a data disk there is only the OS disk", () => {
    const config = rack();
    expect(vmArgs(config, nodeOf(config, "cp-1"), IMAGE).disks).toStrictEqual([
      {
        interface: "scsi0",
        datastoreId: "local-zfs",
        size: 32,
        importFrom: IMAGE,
        iothread: true,
        discard: "on",
      },
    ]);
  });

  test("each disk lies on its own datastore; further disks keep clear of the data disk's place", () => {
    const config = lab();
    const node = nodeOf(config, "worker-1");
    const extraDisks = [
      { sizeGiB: 100, datastore: "slow" },
      { sizeGiB: 101, datastore: "slower" },
    ];
    const osDisk = { sizeGiB: 33, datastore: "fast" };
    const extras = [
      { interface: "virtio2", datastoreId: "slow", size: 100, iothread: true, discard: "on" },
      { interface: "virtio3", datastoreId: "slower", size: 101, iothread: true, discard: "on" },
    ];
    const args = vmArgs(config, { ...node, osDisk, extraDisks }, IMAGE);
    expect((args.disks as object[]).slice(2)).toStrictEqual(extras);
    expect(args.disks).toHaveProperty([0, "datastoreId"], "fast");
    expect(args.disks).toHaveProperty([1, "datastoreId"], "local-lvm");
    expect(args.efiDisk).toStrictEqual({ datastoreId: "fast", type: "4m" });
    expect(args.initialization).toHaveProperty("datastoreId", "fast");

    // Proxmox would otherwise move the other disks along when a data disk is added later.
    const { dataDisk: _, ...plain } = node;
    expect(
      (vmArgs(config, { ...plain, osDisk, extraDisks }, IMAGE).disks as object[]).slice(1),
    ).toStrictEqual(extras);
  });

  test.each([
    ["Zeta", ["controlplane", "talos", "zeta"]],
    ["talos", ["controlplane", "talos"]],
    ["controlplane", ["controlplane", "talos"]],
    ["0-a", ["0-a", "controlplane", "talos"]],
  ])(
    "tags of cluster %s are lower-case, sorted and each there once, as Proxmox gives them back",
    (name, tags) => {
      const config = lab({ cluster: { name } });
      expect(vmArgs(config, nodeOf(config, "cp-1"), IMAGE).tags).toEqual(tags);
    },
  );

  test("whatever the names are, Proxmox keeps name, tags and description as they are sent", () => {
    const label = fc.oneof(
      fc.constantFrom("talos", "worker", "controlplane"),
      fc.stringMatching(/^[a-z0-9](?:[-a-z0-9]{0,20}[a-z0-9])?$/),
    );
    fc.assert(
      fc.property(label, label, (cluster, name) => {
        const config = lab({ cluster: { name: cluster } });
        const args = vmArgs(config, { ...nodeOf(config, "cp-1"), name }, IMAGE);
        const sent = {
          name: args.name as string,
          tags: (args.tags as string[]).join(";"),
          description: args.description as string,
        };
        expect(readConfig(sent, () => "")).toEqual(sent);
      }),
    );
  });

  test("a VLAN tag is given even where it is the lowest", () => {
    const config = lab({ network: { vlan: 1 } });
    expect(vmArgs(config, nodeOf(config, "cp-1"), IMAGE).networkDevices).toStrictEqual([
      { bridge: "vmbr0", vlanId: 1 },
    ]);
  });

  test("the interfaces that outputs and docs name", () => {
    expect([OS_DISK_INTERFACE, DATA_DISK_INTERFACE]).toEqual(["scsi0", "virtio1"]);
  });
});
