import { describe, expect, test } from "vitest";
import { overcommitments } from "../../../../rehearsal/world/proxmox/hardware/overcommitment.ts";
import { createVm, destroyVm } from "../../../../rehearsal/world/proxmox/qemu/vms.ts";
import { start, stop } from "../../../../rehearsal/world/proxmox/qemu/power.ts";
import {
  EXTENSIONS,
  fixture,
  kinds,
  refusal,
  vmParameters,
  withImage,
  withVm,
} from "../../../support/world/proxmox.ts";

const GiB = 1024 ** 3;
const MiB = 1024 ** 2;

describe("a new machine", () => {
  test("has the disks it was given, of exact sizes, the OS disk with the image's content", async () => {
    const { world } = await withVm();
    const vm = world.state.proxmox.vms["100"]!;
    expect(vm.disks["virtio1"]).toMatchObject({
      sizeBytes: 40 * GiB,
      serial: "data-100",
      media: "disk",
      content: { kind: "blank" },
    });
    expect(vm.disks["scsi0"]).toMatchObject({
      sizeBytes: 1246 * MiB, // the image's own size, until it is resized
      content: { kind: "talos", image: { extensions: EXTENSIONS }, partitions: [] },
    });
    expect(vm.disks["efidisk0"]).toMatchObject({ sizeBytes: 4 * MiB, media: "efi" });
    expect(vm.disks["ide2"]).toMatchObject({ media: "cdrom" });
    expect(vm.config).toMatchObject({
      scsi0: "local-lvm:vm-100-disk-0,iothread=1,size=1246M",
      virtio1: "local-lvm:vm-100-disk-1,serial=data-100,size=40G",
      efidisk0: "local-lvm:vm-100-disk-2,efitype=4m,pre-enrolled-keys=0,size=4M",
      ide2: "local-lvm:vm-100-cloudinit,media=cdrom,size=4M",
      net0: "virtio=BC:24:11:00:01:00,bridge=vmbr0",
      cores: 2,
    });
    expect(vm.config["lock"]).toBeUndefined();
  });

  test("gets a MAC address of its own when it is given none", async () => {
    const { world } = await withVm({ net0: "model=virtio,bridge=vmbr0" });
    expect(world.state.proxmox.vms["100"]!.config["net0"]).toMatch(
      /^virtio=BC:24:11(:[0-9A-F]{2}){3},bridge=vmbr0$/,
    );
  });

  test("has the uuid that it was given, or one of its own", async () => {
    const given = "uuid=0c7a5c5e-2b8e-4f2a-9d1f-1f4f3f1c0126,base64=1";
    const uuidOf = async (changes: Record<string, string>) =>
      (await withVm(changes)).world.state.proxmox.vms["100"]!.config["smbios1"];
    expect(await uuidOf({ smbios1: given })).toBe(given);
    expect(await uuidOf({})).toMatch(/^uuid=[0-9a-f-]{36}$/);
  });

  test("holds its id from the first moment, and is locked until it is done", async () => {
    const { world } = fixture();
    await withImage(world);
    const task = createVm(world, "pve1", vmParameters());
    expect(await refusal(() => createVm(world, "pve2", vmParameters()))).toContain("already exists");
    expect(await refusal(() => start(world, "pve1", 100))).toBe("VM is locked (create)");
    await task.run();
    expect(await refusal(() => start(world, "pve1", 100))).toBe("(no refusal)");
  });
});

describe("refused", () => {
  test.each([
    ["an id in use on another host", {}, "unable to create VM 100 - VM 100 already exists on node 'pve1'"],
    ["an id of a machine that was there before", { vmid: "900" }, "VM 900 already exists on node 'pve1'"],
  ])("%s", async (_, changes, message) => {
    const { world } = await withVm();
    expect(await refusal(() => createVm(world, "pve2", vmParameters(changes)))).toContain(message);
  });

  test.each([
    ["an id that is none", { vmid: "12" }, "vmid: invalid format"],
    ["a datastore that does not exist", { virtio1: "file=nvme:40" }, "storage 'nvme' does not exist"],
    [
      "a datastore without images content",
      { virtio1: "file=local:40" },
      "storage: storage 'local' does not support vm images",
    ],
    ["a name that is no DNS name", { name: "cp_1" }, "name: invalid format"],
    ["a multicast MAC", { net0: "model=virtio,macaddr=BD:24:11:00:00:01" }, "net0: invalid format"],
    ["an address without its prefix", { ipconfig0: "ip=192.168.1.126" }, "ipconfig0: invalid format"],
    ["a tag with a space in it", { tags: "talos;a/b" }, "tags: invalid format"],
    [
      "an image that is not on that host",
      { scsi0: "file=local-lvm:0,import-from=local:import/other.qcow2" },
      "volume 'local:import/other.qcow2' does not exist",
    ],
    [
      "an import from an ISO",
      { scsi0: "file=local-lvm:0,import-from=local:iso/talos.iso" },
      "has wrong type 'iso'",
    ],
    ["qcow2 on block storage", { virtio1: "file=local-lvm:40,format=qcow2" }, "unsupported format 'qcow2'"],
    ["more than a thick datastore holds", { virtio1: "file=tank:101" }, "no space left on storage 'tank'"],
  ])("%s, and nothing is left behind", async (_, changes, message) => {
    const { world } = fixture();
    await withImage(world);
    expect(await refusal(() => createVm(world, "pve1", vmParameters(changes)))).toContain(message);
    expect(Object.keys(world.state.proxmox.vms)).toEqual(["900"]);
  });

  test("a host that does not exist", async () => {
    const { world } = fixture();
    expect(await refusal(() => createVm(world, "pve9", vmParameters()))).toContain(
      "hostname lookup 'pve9' failed",
    );
  });
});

describe("space", () => {
  test("a thick datastore is full when its promises are", async () => {
    const { world } = fixture();
    const only = (vmid: string) => ({
      vmid,
      scsi0: undefined,
      efidisk0: undefined,
      ide2: undefined,
      boot: undefined,
      virtio1: "file=tank:60",
    });
    await createVm(world, "pve1", vmParameters(only("100"))).run();
    expect(await refusal(() => createVm(world, "pve1", vmParameters(only("101"))))).toContain(
      "40 GiB free of 100 GiB",
    );
    await createVm(world, "pve2", vmParameters(only("101"))).run();
  });

  test("a thin one promises more than it has, and says so once", async () => {
    const { world } = fixture();
    await withImage(world);
    await createVm(world, "pve1", vmParameters({ virtio1: "file=local-lvm:500" })).run();
    await createVm(world, "pve1", vmParameters({ vmid: "101", virtio1: "file=local-lvm:500" })).run();
    const warnings = world.state.events.filter(({ severity }) => severity === "warning");
    expect(warnings.map(({ text }) => text)).toEqual([
      expect.stringContaining("has promised 565.2 GiB to its disks and holds 200 GiB"),
    ]);
    const [now, ...others] = overcommitments(world.state.proxmox);
    expect(now).toMatch(/^Datastore local-lvm on pve1 has promised \d+(\.\d)? GiB/);
    expect(others).toEqual([]);
  });
});

test("machines that have more memory together than their host run, and that is told", async () => {
  const { world } = fixture();
  await withImage(world);
  for (const vmid of ["100", "101"]) {
    expect(overcommitments(world.state.proxmox)).toEqual([]);
    await createVm(world, "pve1", vmParameters({ vmid, memory: String(20 * 1024), start: "1" })).run();
  }
  expect(overcommitments(world.state.proxmox)).toEqual([
    expect.stringMatching(/^The machines that run on pve1 have 4\d GiB of memory, and pve1 has 32 GiB: /),
  ]);
});

describe("the end of a machine", () => {
  test("is the end of its disks and their data, told to its system first", async () => {
    const { world, calls } = await withVm();
    const { id } = world.state.proxmox.vms["100"]!.disks["virtio1"]!;
    await destroyVm(world, "pve1", 100).run();
    expect(world.state.proxmox.vms["100"]).toBeUndefined();
    expect(calls).toEqual(["destroyed 100"]);
    const lost = world.state.events.filter(({ kind }) => kind === "disk-lost");
    expect(lost.map(({ detail }) => detail!["slot"])).toEqual(["scsi0", "virtio1"]);
    expect(lost[1]!.subject).toBe(id);
    expect(kinds(world).at(-1)).toBe("vm-deleted");
  });

  test("needs it to be stopped, unprotected and found on that host", async () => {
    const { world } = await withVm({ protection: "1" });
    expect(await refusal(() => destroyVm(world, "pve1", 100))).toBe(
      "can't remove VM 100 - protection mode enabled",
    );
    delete world.state.proxmox.vms["100"]!.config["protection"];
    await start(world, "pve1", 100).run();
    expect(await refusal(() => destroyVm(world, "pve1", 100))).toBe("VM 100 is running - destroy failed");
    await stop(world, "pve1", 100).run();
    expect(await refusal(() => destroyVm(world, "pve2", 100))).toBe(
      "Configuration file 'nodes/pve2/qemu-server/100.conf' does not exist",
    );
    expect(await refusal(() => destroyVm(world, "pve1", 100))).toBe("(no refusal)");
  });

  test("of a machine that is not the program's is a catastrophe on record", async () => {
    const { world } = fixture();
    await stop(world, "pve1", 900).run();
    await destroyVm(world, "pve1", 900).run();
    const catastrophes = world.state.events.filter(({ severity }) => severity === "catastrophe");
    expect(catastrophes.map(({ kind }) => kind)).toEqual(["vm-changed", "vm-changed", "disk-lost"]);
    expect(catastrophes[1]!.text).toContain("deleted nas (VM 900 on pve1)");
  });
});
