import { beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../../../rehearsal/world/talos/api.ts";
import { inventory, prettyBytes } from "../../../../rehearsal/world/talos/disks/inventory.ts";
import { reboot } from "../../../../rehearsal/world/talos/lifecycle.ts";
import { machineAt } from "../../../../rehearsal/world/talos/network/addresses.ts";
import { roomOn } from "../../../../rehearsal/world/talos/disks/partitions.ts";
import { GiB, Lab, osDisk } from "../../../support/world/lab.ts";

let lab: Lab;
beforeEach(async () => {
  lab = await Lab.open();
});

describe("a machine that boots", () => {
  it("answers in maintenance mode at its nocloud address, after a while", async () => {
    lab.addVm({ vmId: 100, name: "cp-1", address: "192.168.1.126" });
    lab.world.state.proxmox.vms[100]!.power = "running";
    await lab.world.systems.lifecycle.powerOn(lab.world, 100);
    expect(() => machineAt(lab.world, "192.168.1.126")).toThrow("connect: no route to host");
    await lab.clock.sleep(60);
    const session = await connect(lab.world, { node: "192.168.1.126", endpoint: "192.168.1.126" });
    expect(session.mode).toBe("maintenance");
  });

  it("never answers without an operating system on a disk of its boot order", async () => {
    lab.addVm({
      vmId: 100,
      name: "blank",
      address: "192.168.1.126",
      disks: [{ interface: "scsi0", sizeBytes: GiB }],
    });
    lab.addVm({ vmId: 101, name: "elsewhere", address: "192.168.1.127", config: { boot: "order=virtio1" } });
    await lab.start(100);
    await lab.start(101);
    for (const address of ["192.168.1.126", "192.168.1.127"]) {
      expect(() => machineAt(lab.world, address)).toThrow("no route to host");
    }
    expect(lab.texts("boot")[0]).toContain("no disk in its boot order holds an operating system");
  });

  it("has no address that anybody knows without one from cloud-init", async () => {
    const vm = lab.addVm({ vmId: 100, name: "cp-1", address: "192.168.1.126" });
    delete vm.disks["ide2"];
    await lab.start(100);
    expect(lab.world.state.machines[100]!.addresses).toEqual([]);
  });

  it("runs the extensions of its image and no others", async () => {
    lab.addVm({
      vmId: 100,
      name: "cp-1",
      address: "192.168.1.126",
      extensions: ["siderolabs/qemu-guest-agent"],
    });
    await lab.start(100);
    expect(machineAt(lab.world, "192.168.1.126").image.extensions).toEqual(["siderolabs/qemu-guest-agent"]);
  });
});

describe("the disks that Talos reports", () => {
  it("have exact bytes, decimal sizes, and a serial on virtio alone", async () => {
    const vm = lab.addVm({ vmId: 100, name: "cp-1", address: "192.168.1.126" });
    vm.disks["scsi0"]!.serial = "os-1";
    await lab.start(100);
    const disks = inventory(lab.world, 100);
    const shown = disks
      .filter(({ devPath }) => !devPath.startsWith("/dev/loop"))
      .map(({ devPath, sizeBytes, prettySize, serial, transport, cdrom }) => [
        devPath,
        sizeBytes,
        prettySize,
        serial,
        transport,
        cdrom,
      ]);
    expect(shown).toEqual([
      ["/dev/sda", 34359738368, "34 GB", "", "virtio", false],
      ["/dev/sr0", 4194304, "4.2 MB", "", "sata", true],
      ["/dev/vda", 42949672960, "43 GB", "data-1", "virtio", false],
    ]);
  });

  it("include the read-only loop devices of the system and each extension", async () => {
    lab.addVm({ vmId: 100, name: "cp-1", address: "192.168.1.126" });
    await lab.start(100);
    const loops = inventory(lab.world, 100).filter(({ readonly }) => readonly);
    expect(loops.map(({ devPath }) => devPath)).toEqual(["/dev/loop0", "/dev/loop1", "/dev/loop2"]);
  });

  it("change letters between boots, within their bus", async () => {
    const disks = [osDisk(), ...[1, 2, 3].map((n) => ({ interface: `scsi${n}`, sizeBytes: n * GiB }))];
    lab.addVm({ vmId: 100, name: "cp-1", address: "192.168.1.126", disks });
    await lab.start(100);
    const seen = new Set<string>();
    for (let i = 0; i < 8; i++) {
      const machine = lab.world.state.machines[100]!;
      const names = Object.keys(machine.devices).filter((path) => path.startsWith("/dev/sd"));
      expect(names.sort()).toEqual(["/dev/sda", "/dev/sdb", "/dev/sdc", "/dev/sdd"]);
      seen.add(machine.devices["/dev/sda"]!);
      await reboot(lab.world, 100, "test");
      await lab.clock.sleep(120);
    }
    expect(seen.size).toBeGreaterThan(1);
  });

  it("are lettered the same way in another run of the same world", async () => {
    const letters = async () => {
      const again = await Lab.open(7);
      const disks = [osDisk(), ...[1, 2, 3, 4].map((n) => ({ interface: `scsi${n}`, sizeBytes: n * GiB }))];
      again.addVm({ vmId: 100, name: "cp-1", address: "192.168.1.126", disks });
      await again.start(100);
      return again.world.state.machines[100]!.devices;
    };
    expect(await letters()).toEqual(await letters());
  });

  it("get a new letter when one is plugged in, and lose it when it goes", async () => {
    const vm = lab.addVm({ vmId: 100, name: "cp-1", address: "192.168.1.126" });
    await lab.start(100);
    vm.disks["virtio2"] = { ...vm.disks["virtio1"]!, id: "new", interface: "virtio2", sizeBytes: GiB };
    expect(inventory(lab.world, 100).find(({ devPath }) => devPath === "/dev/vdb")?.sizeBytes).toBe(GiB);
    delete vm.disks["virtio2"];
    expect(inventory(lab.world, 100).some(({ devPath }) => devPath === "/dev/vdb")).toBe(false);
  });

  it.each([
    [0, "0 B"],
    [9, "9 B"],
    [82854982, "83 MB"],
    [4194304, "4.2 MB"],
    [9940000000, "9.9 GB"],
    [9950000000, "10 GB"],
    [34359738368, "34 GB"],
    [42949672960, "43 GB"],
    [1099511627776, "1.1 TB"],
  ])("%i bytes print as %s", (bytes, text) => expect(prettyBytes(bytes)).toBe(text));
});

describe("a grown OS disk", () => {
  it("gives its room to EPHEMERAL at the next boot, so that no tail is left", async () => {
    const vm = lab.addVm({ vmId: 100, name: "cp-1", address: "192.168.1.126" });
    await lab.start(100);
    await lab.apply("192.168.1.126", await lab.config({ hostname: "cp-1" }));
    const disk = vm.disks["scsi0"]!;
    expect(roomOn(disk)).toBe(0);
    disk.sizeBytes += 10 * GiB;
    expect(roomOn(disk)).toBe(10 * GiB);
    await reboot(lab.world, 100, "test");
    expect(roomOn(disk)).toBe(0);
  });
});

describe("two machines at one address", () => {
  it("are neither of them reachable, and both are named", async () => {
    lab.addVm({ vmId: 100, name: "cp-1", address: "192.168.1.126" });
    lab.addVm({ vmId: 101, name: "w-1", address: "192.168.1.126" });
    await lab.start(100);
    expect(machineAt(lab.world, "192.168.1.126").vmId).toBe(100);
    await lab.start(101);
    expect(() => machineAt(lab.world, "192.168.1.126")).toThrow(
      "address 192.168.1.126 is answered by two machines: VM 100 (cp-1) and VM 101 (w-1)",
    );
  });

  it("conflict with a machine that the homelab already had", async () => {
    lab.addVm({ vmId: 100, name: "cp-1", address: "192.168.1.126" });
    const nas = lab.addVm({ vmId: 900, name: "nas", address: "192.168.1.126", mac: "BC:24:11:00:00:99" });
    nas.foreign = true;
    nas.power = "running";
    await lab.start(100);
    expect(() => machineAt(lab.world, "192.168.1.126")).toThrow("VM 100 (cp-1) and VM 900 (nas)");
  });

  it("are unreachable too when they share a MAC address", async () => {
    lab.addVm({ vmId: 100, name: "cp-1", address: "192.168.1.126", mac: "BC:24:11:AA:AA:AA" });
    lab.addVm({ vmId: 101, name: "w-1", address: "192.168.1.127", mac: "BC:24:11:AA:AA:AA" });
    await lab.start(100);
    await lab.start(101);
    expect(() => machineAt(lab.world, "192.168.1.127")).toThrow(
      "MAC address BC:24:11:AA:AA:AA is used by two machines: VM 100 (cp-1) and VM 101 (w-1)",
    );
  });
});
