import { afterAll, beforeAll, expect, test } from "vitest";
import { openLab, type Lab } from "./lab.ts";

const GiB = 1024 ** 3;

let lab: Lab;

beforeAll(async () => {
  lab = await openLab();
});

afterAll(() => lab.close());

const vm = (vmId: number) => lab.world.state.proxmox.vms[vmId]!;

const since = (from: number): string[] =>
  lab.world.state.events.slice(from).map(({ kind, subject }) => `${kind} ${subject}`);

test("up makes the image and both machines, and nothing is refused", async () => {
  expect(await lab.up()).toEqual({ create: 5 });
  expect(vm(100)).toMatchObject({
    power: "running",
    disks: {
      scsi0: { sizeBytes: 32 * GiB, content: { kind: "talos" } },
      virtio1: { sizeBytes: 40 * GiB, serial: "data-100", content: { kind: "blank" } },
      efidisk0: { media: "efi" },
      ide2: { media: "cdrom" },
    },
    config: {
      ipconfig0: "gw=192.168.1.1,ip=192.168.1.126/24",
      nameserver: "192.168.1.1 1.1.1.1",
      tags: "homelab;talos",
    },
  });
  expect(vm(101).config["boot"]).toBe("order=scsi0");
  expect(lab.calls.sort()).toEqual(["on 100", "on 101"]);
  expect(lab.world.state.events.filter(({ kind }) => kind === "request-refused")).toEqual([]);
});

test("a second preview has nothing to do, and neither has one after a refresh", async () => {
  expect(await lab.preview()).toEqual({ same: 5 });
  await lab.refresh();
  expect(await lab.preview()).toEqual({ same: 5 });
});

test("without ignoring it, the provider asks for a speed limit of zero on every disk, for ever", async () => {
  lab.settings.ignoreChanges = [];
  const from = lab.output.length;
  expect(await lab.preview()).toEqual({ same: 3, update: 2 });
  const changed = lab.output
    .slice(from)
    .join("")
    .match(/^ +[~+-] (\w+) *:/gm)!
    .map((line) => line.trim().split(/[ :]+/)[1]);
  expect([...new Set(changed)].filter((key) => !/^(iops|read|write)/.test(key!))).toEqual([
    "proxmoxve",
    "disks",
    "speed",
  ]);
  delete lab.settings.ignoreChanges;
});

test("a larger data disk grows in place, while the machine runs", async () => {
  const { id } = vm(101).disks["virtio1"]!;
  const from = lab.world.state.events.length;
  lab.settings.machines["worker-1"] = { dataGiB: 50 };
  expect(await lab.up()).toEqual({ same: 4, update: 1 });
  expect(vm(101).disks["virtio1"]).toMatchObject({ id, sizeBytes: 50 * GiB });
  expect(vm(101).power).toBe("running");
  expect(since(from)).toContain(`disk-resized ${id}`);
  expect(since(from).filter((line) => /vm-st|deleted|lost|refused/.test(line))).toEqual([]);
  expect(await lab.preview()).toEqual({ same: 5 });
});

test("cores wait for a restart that the provider does not make, tags do not; both read back as made", async () => {
  const from = lab.world.state.events.length;
  lab.settings.machines["worker-1"] = {
    dataGiB: 50,
    cpu: { cores: 4, type: "host" },
    tags: ["homelab", "talos", "worker"],
  };
  expect(await lab.up()).toEqual({ same: 4, update: 1 });
  expect(vm(101).config).toMatchObject({ cores: 2, tags: "homelab;talos;worker" });
  expect(vm(101).pending).toMatchObject({ cores: 4 });
  expect(since(from).filter((line) => /vm-st/.test(line))).toEqual([]);
  expect(await lab.preview()).toEqual({ same: 5 });
});

test("name servers change in place and reboot nothing", async () => {
  const from = lab.world.state.events.length;
  const initialization = {
    datastoreId: "local-lvm",
    dns: { servers: ["9.9.9.9"] },
    ipConfigs: [{ ipv4: { address: "192.168.1.127/24", gateway: "192.168.1.1" } }],
  };
  lab.settings.machines["worker-1"] = { ...lab.settings.machines["worker-1"], initialization };
  expect(await lab.up()).toEqual({ same: 4, update: 1 });
  expect(vm(101).config["nameserver"]).toBe("9.9.9.9");
  expect(since(from).filter((line) => /vm-st|lost/.test(line))).toEqual([]);
  expect(await lab.preview()).toEqual({ same: 5 });
});

test("a disk is added to the running machine, and taken away again without losing what is on it", async () => {
  const worker = lab.settings.machines["worker-1"]!;
  lab.settings.machines["worker-1"] = { ...worker, extraDisk: true };
  expect(await lab.up()).toEqual({ same: 4, update: 1 });
  expect(vm(101).disks["virtio2"]).toMatchObject({ sizeBytes: 10 * GiB });
  expect(vm(101).power).toBe("running");
  expect(await lab.preview()).toEqual({ same: 5 });
  lab.settings.machines["worker-1"] = worker;
  expect(await lab.up()).toEqual({ same: 4, update: 1 });
  expect(vm(101).disks["virtio2"]).toBeUndefined();
  expect(vm(101).disks["unused0"]).toMatchObject({ sizeBytes: 10 * GiB });
  await lab.refresh();
  expect(await lab.preview()).toEqual({ same: 5 });
});

test("a resize together with a change that needs a restart is refused by the provider", async () => {
  const worker = lab.settings.machines["worker-1"]!;
  lab.settings.machines["worker-1"] = { ...worker, dataGiB: 60, cpu: { cores: 3, type: "host" } };
  expect(await lab.failure()).toContain("cannot resize disks while the VM is running");
  lab.settings.machines["worker-1"] = { ...worker, dataGiB: 60, cpu: { cores: 3, type: "host" } };
  await lab.up();
  expect(vm(101).disks["virtio1"]!.sizeBytes).toBe(60 * GiB);
});

test("with the provider's own reboots left on, one edit takes a machine down and up again", async () => {
  const from = lab.world.state.events.length;
  const worker = lab.settings.machines["worker-1"]!;
  lab.settings.machines["worker-1"] = { ...worker, cpu: { cores: 2, type: "host" }, rebootAfterUpdate: true };
  await lab.up();
  expect(since(from).filter((line) => /vm-st/.test(line))).toEqual(["vm-stopped 101", "vm-started 101"]);
  expect(vm(101).config["cores"]).toBe(2);
  lab.settings.machines["worker-1"] = { ...worker, cpu: { cores: 2, type: "host" } };
  await lab.up();
});

test("a machine changed behind the program's back is seen by a refresh", async () => {
  vm(100).config["description"] = "edited by hand";
  await lab.refresh();
  expect(await lab.preview()).toEqual({ same: 4, update: 1 });
  expect(await lab.up()).toEqual({ same: 4, update: 1 });
  expect(vm(100).config["description"]).toBe("Talos node");
});

test("destroy switches the machines off and leaves only what was there before", async () => {
  const from = lab.world.state.events.length;
  await lab.destroy();
  expect(Object.keys(lab.world.state.proxmox.vms)).toEqual(["900"]);
  expect(lab.world.state.proxmox.hosts["pve1"]!.datastores["local"]!.files).toEqual({});
  expect(lab.calls.slice(-6).sort()).toEqual(
    expect.arrayContaining(["destroyed 100", "destroyed 101", "stop 100", "stop 101"]),
  );
  expect(since(from).filter((line) => /catastrophe|refused/.test(line))).toEqual([]);
});
