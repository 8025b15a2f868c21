import { describe, expect, test } from "vitest";
import { agentInterfaces, pingAgent } from "../../../../rehearsal/world/proxmox/qemu/agent.ts";
import type { MachineState } from "../../../../rehearsal/world/talos/state.ts";
import { changeConfig, resizeDisk, shownConfig } from "../../../../rehearsal/world/proxmox/qemu/config.ts";
import { reboot, shutdown, start, stop } from "../../../../rehearsal/world/proxmox/qemu/power.ts";
import { networkConflicts } from "../../../../rehearsal/world/proxmox/network.ts";
import { createVm } from "../../../../rehearsal/world/proxmox/qemu/vms.ts";
import type { World } from "../../../../rehearsal/world/kernel/world.ts";
import {
  kinds,
  refusal,
  vmParameters,
  withImage,
  withVm,
  type Fixture,
} from "../../../support/world/proxmox.ts";

const GiB = 1024 ** 3;

async function running(changes: Record<string, string | undefined> = {}): Promise<Fixture> {
  const made = await withVm(changes);
  await start(made.world, "pve1", 100).run();
  return made;
}

const vmOf = (world: World, vmId = 100) => world.state.proxmox.vms[vmId]!;

describe("disks", () => {
  test("grow, keep their content, and never shrink", async () => {
    const { world } = await withVm();
    await resizeDisk(world, "pve1", 100, "scsi0", String(32 * GiB)).run();
    expect(vmOf(world).disks["scsi0"]).toMatchObject({ sizeBytes: 32 * GiB, content: { kind: "talos" } });
    expect(vmOf(world).config["scsi0"]).toBe("local-lvm:vm-100-disk-0,iothread=1,size=32G");
    await resizeDisk(world, "pve1", 100, "virtio1", "+10G").run();
    expect(vmOf(world).disks["virtio1"]!.sizeBytes).toBe(50 * GiB);
    expect(await refusal(() => resizeDisk(world, "pve1", 100, "virtio1", "40G"))).toBe(
      "shrinking disks is not supported",
    );
    expect(await refusal(() => resizeDisk(world, "pve1", 100, "scsi1", "40G"))).toBe(
      "disk 'scsi1' does not exist",
    );
    expect(await refusal(() => resizeDisk(world, "pve1", 100, "scsi0", "lots"))).toContain("size: ");
  });

  test("of a thick datastore grow only as far as it holds", async () => {
    const { world } = await withVm({ virtio1: "file=tank:40" });
    expect(await refusal(() => resizeDisk(world, "pve1", 100, "virtio1", "120G"))).toContain(
      "no space left on storage 'tank'",
    );
    expect(vmOf(world).disks["virtio1"]!.sizeBytes).toBe(40 * GiB);
  });

  test("are plugged into a running machine", async () => {
    const { world } = await running();
    await changeConfig(world, "pve1", 100, { virtio2: "file=local-lvm:10" });
    expect(vmOf(world).disks["virtio2"]).toMatchObject({ sizeBytes: 10 * GiB, content: { kind: "blank" } });
    expect(vmOf(world).pending).toBeUndefined();
  });

  test("are detached with their content, come back with it, and are lost only when deleted again", async () => {
    const { world } = await withVm();
    const { id } = vmOf(world).disks["virtio1"]!;
    await changeConfig(world, "pve1", 100, { delete: "virtio1" });
    expect(vmOf(world).config["virtio1"]).toBeUndefined();
    expect(vmOf(world).config["unused0"]).toBe("local-lvm:vm-100-disk-1");
    expect(kinds(world)).not.toContain("disk-lost");
    await changeConfig(world, "pve1", 100, { virtio3: "file=local-lvm:vm-100-disk-1" });
    expect(vmOf(world).disks["virtio3"]!.id).toBe(id);
    await changeConfig(world, "pve1", 100, { delete: "virtio3" });
    await changeConfig(world, "pve1", 100, { delete: "unused0" });
    expect(kinds(world)).toContain("disk-lost");
    expect(Object.keys(vmOf(world).disks).sort()).toEqual(["efidisk0", "ide2", "scsi0"]);
  });

  test("a new volume in a used slot detaches what was there", async () => {
    const { world } = await withVm();
    const { id } = vmOf(world).disks["virtio1"]!;
    await changeConfig(world, "pve1", 100, { virtio1: "file=local-lvm:8" });
    expect(vmOf(world).disks["unused0"]!.id).toBe(id);
    expect(vmOf(world).disks["virtio1"]!.sizeBytes).toBe(8 * GiB);
  });

  test("the boot disk of a running machine cannot be pulled", async () => {
    const { world } = await running();
    expect(await refusal(() => changeConfig(world, "pve1", 100, { delete: "scsi0" }))).toContain(
      "scsi0: hotplug problem - can't unplug bootdisk 'scsi0'",
    );
  });

  test("of another machine cannot be attached", async () => {
    const { world } = await withVm();
    expect(
      await refusal(() => changeConfig(world, "pve1", 100, { scsi5: "file=local-lvm:vm-900-disk-0" })),
    ).toContain("does not belong to VM 100");
  });
});

describe("a config change", () => {
  test("of cores waits for the next start, is shown as made, and comes into force then", async () => {
    const { world } = await running();
    await changeConfig(world, "pve1", 100, { cores: "4", tags: "b;A;b" });
    expect(vmOf(world).config).toMatchObject({ cores: 2, tags: "a;b" });
    expect(vmOf(world).pending).toEqual({ cores: 4 });
    expect(shownConfig(vmOf(world))["cores"]).toBe(4);
    await reboot(world, "pve1", 100).run();
    expect(vmOf(world).config["cores"]).toBe(4);
    expect(vmOf(world).pending).toBeUndefined();
  });

  test("taken back leaves nothing pending", async () => {
    const { world } = await running();
    await changeConfig(world, "pve1", 100, { cores: "4" });
    await changeConfig(world, "pve1", 100, { cores: "2" });
    expect(shownConfig(vmOf(world))["cores"]).toBe(2);
    expect(vmOf(world).pending).toBeUndefined();
  });

  test("of a stopped machine is in force at once", async () => {
    const { world } = await withVm();
    await changeConfig(world, "pve1", 100, { cores: "4", delete: "bios" });
    expect(vmOf(world).config["cores"]).toBe(4);
    expect(vmOf(world).config["bios"]).toBeUndefined();
  });

  test("of drive options: a serial shows after the next start, iothread waits for it", async () => {
    const { world } = await running();
    await changeConfig(world, "pve1", 100, { virtio1: "file=local-lvm:vm-100-disk-1,serial=other" });
    expect(vmOf(world).disks["virtio1"]!.serial).toBe("data-100");
    await changeConfig(world, "pve1", 100, {
      virtio1: "file=local-lvm:vm-100-disk-1,serial=other,iothread=1",
    });
    expect(vmOf(world).pending).toEqual({
      virtio1: "local-lvm:vm-100-disk-1,iothread=1,serial=other,size=40G",
    });
    await resizeDisk(world, "pve1", 100, "virtio1", "50G").run();
    await stop(world, "pve1", 100).run();
    await start(world, "pve1", 100).run();
    expect(vmOf(world).disks["virtio1"]!.serial).toBe("other");
    expect(vmOf(world).config["virtio1"]).toBe("local-lvm:vm-100-disk-1,iothread=1,serial=other,size=50G");
  });
});

test("a boot order is changed only to devices that are there", async () => {
  const { world } = await withVm();
  expect(await refusal(() => changeConfig(world, "pve1", 100, { boot: "order=scsi0;virtio7" }))).toContain(
    "invalid bootorder: device 'virtio7' does not exist",
  );
  await changeConfig(world, "pve1", 100, { boot: "order=virtio1;scsi0" });
});

describe("power", () => {
  test("calls the machine's system, once each", async () => {
    const { world, calls } = await running();
    expect(await refusal(() => start(world, "pve1", 100))).toBe("VM 100 already running");
    await shutdown(world, "pve1", 100).run();
    await stop(world, "pve1", 100).run();
    expect(calls).toEqual(["on 100", "shutdown 100"]);
    expect(kinds(world).filter((kind) => kind.startsWith("vm-st"))).toEqual(["vm-started", "vm-stopped"]);
  });

  test.each([
    ["more cores than the host has", { cores: "9" }, "MAX 8 vcpus allowed per VM on this node"],
    ["more memory than the host has", { memory: String(33 * 1024) }, "Cannot allocate memory"],
    ["a bridge that is not there", { net0: "model=virtio,bridge=vmbr9" }, "bridge 'vmbr9' does not exist"],
  ])("%s keeps it down", async (_, changes, message) => {
    const { world, calls } = await withVm(changes);
    expect(await refusal(() => start(world, "pve1", 100))).toContain(message);
    expect(vmOf(world).power).toBe("stopped");
    expect(calls).toEqual([]);
  });
});

test("the guest agent answers once the machine is up, in an image that carries it", async () => {
  const { world } = await running({ agent: "enabled=1,fstrim_cloned_disks=1,type=virtio" });
  expect(() => pingAgent(world, vmOf(world))).toThrow("QEMU guest agent is not running");
  const machine = { vmId: 100, answersAt: world.clock.now() + 60, addresses: ["192.168.1.126"], volumes: [] };
  world.state.machines["100"] = machine as unknown as MachineState;
  expect(() => pingAgent(world, vmOf(world))).toThrow("QEMU guest agent is not running");
  await world.clock.sleep(60);
  expect(agentInterfaces(world, vmOf(world)).result.map(({ name }) => name)).toEqual(["lo", "eth0"]);
  const { content } = vmOf(world).disks["scsi0"]!;
  if (content.kind === "talos") content.image.extensions = [];
  expect(() => pingAgent(world, vmOf(world))).toThrow("QEMU guest agent is not running");
  vmOf(world).config["agent"] = "enabled=0";
  expect(() => pingAgent(world, vmOf(world))).toThrow("No QEMU guest agent configured");
});

describe("the network", () => {
  test.each([
    [
      "address",
      { ipconfig0: "ip=192.168.1.50/24" },
      "IP address 192.168.1.50 of cp-1 (VM 100) is in use by nas (VM 900 on pve1)",
    ],
    [
      "MAC",
      { net0: "model=virtio,bridge=vmbr0,macaddr=bc:24:11:aa:aa:aa" },
      "MAC address BC:24:11:AA:AA:AA of cp-1 (VM 100) is in use by nas (VM 900 on pve1)",
    ],
  ])("does not work for two machines with one %s, and the record says so", async (_, changes, text) => {
    const { world } = await withVm(changes);
    expect(networkConflicts(world, 100)).toEqual([]);
    expect(await start(world, "pve1", 100).run()).toEqual([]);
    expect(networkConflicts(world, 100)).toEqual([text]);
    expect(networkConflicts(world, 900)).toHaveLength(1);
    expect(world.state.events.at(-1)).toMatchObject({ kind: "network-conflict", severity: "warning", text });
    await stop(world, "pve1", 100).run();
    expect(networkConflicts(world, 900)).toEqual([]);
  });

  test("keeps VLANs apart, and hosts together", async () => {
    const { world } = await running();
    await withImage(world, "pve2");
    const twin = { vmid: "101", name: "twin", net0: "model=virtio,bridge=vmbr0,macaddr=BC:24:11:00:02:00" };
    await createVm(world, "pve2", vmParameters({ ...twin, net0: `${twin.net0},tag=20` })).run();
    await start(world, "pve2", 101).run();
    expect(networkConflicts(world, 101)).toEqual([]);
    await changeConfig(world, "pve2", 101, { net0: twin.net0 });
    expect(networkConflicts(world, 101)).toEqual([
      "IP address 192.168.1.126 of twin (VM 101) is in use by cp-1 (VM 100 on pve1)",
    ]);
  });
});

test("touching a machine that is not the program's is a catastrophe on record", async () => {
  const { world } = await withVm();
  await changeConfig(world, "pve1", 900, { cores: "2" });
  await resizeDisk(world, "pve1", 900, "scsi0", "+1G").run();
  const found = world.state.events.filter(({ severity }) => severity === "catastrophe");
  expect(found.map(({ subject }) => subject)).toEqual(["900", "900"]);
});
