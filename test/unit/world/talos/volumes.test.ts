import { beforeEach, describe, expect, it } from "vitest";
import type { DiskState } from "../../../../rehearsal/world/proxmox/state.ts";
import type { UserVolumeState } from "../../../../rehearsal/world/talos/state.ts";
import { hostOf } from "../../../../rehearsal/world/talos/host.ts";
import { reboot } from "../../../../rehearsal/world/talos/lifecycle.ts";
import { GiB, Lab, dataDisk, osDisk, type ConfigOptions } from "../../../support/world/lab.ts";

const NODE = "192.168.1.126";
let lab: Lab;
beforeEach(async () => {
  lab = await Lab.open();
});

/** Boots the machine with those disks, applies, and tells what became of its volume. */
async function node(
  disks: Partial<DiskState>[],
  config: Partial<ConfigOptions> = {},
): Promise<UserVolumeState> {
  lab.addVm({ vmId: 100, name: "cp-1", address: NODE, disks });
  await lab.start(100);
  await lab.apply(NODE, await lab.config({ hostname: "cp-1", ...config }));
  return lab.world.state.machines[100]!.volumes[0]!;
}

function volume(): UserVolumeState {
  return lab.world.state.machines[100]!.volumes[0]!;
}

function disk(slot: string): DiskState {
  return lab.world.state.proxmox.vms[100]!.disks[slot]!;
}

const OS_CAPPED =
  "apiVersion: v1alpha1\nkind: VolumeConfig\nname: EPHEMERAL\nprovisioning: {maxSize: 4GiB, grow: false}\n";

describe("a user volume", () => {
  it("is made on the one disk that the selector matches", async () => {
    expect(await node([osDisk(), dataDisk()])).toMatchObject({
      phase: "ready",
      diskId: "disk-100-virtio1",
      mountPoint: "/var/mnt/longhorn",
    });
    expect(lab.texts("format")).toEqual([
      "formatted the data disk /dev/vda (virtio1, 43 GB) of cp-1 for the volume longhorn",
    ]);
    expect(lab.catastrophes()).toEqual([]);
    expect(disk("virtio1").content).toMatchObject({
      kind: "gpt",
      partitions: [{ label: "u-longhorn", filesystem: "xfs" }],
    });
  });

  it("waits when the selector matches none, with the reason", async () => {
    const waiting = await node([osDisk(), dataDisk()], { selector: "disk.size == 1u" });
    expect(waiting).toMatchObject({ phase: "waiting", reason: "no disks matched selector for volume" });
    expect(lab.texts("format")).toEqual([]);
    expect(lab.texts("volume-waiting")).toEqual([
      "volume longhorn of cp-1 waits: no disks matched selector for volume",
    ]);
  });

  it("does not fit on an OS disk that EPHEMERAL fills", async () => {
    const waiting = await node([osDisk()], { selector: "system_disk" });
    expect(waiting.reason).toBe(
      "no disks matched for volume (1 matched selector): 1 have not enough space, 0 have wrong format, 0 have other issues",
    );
  });

  it("waits with everything else where the OS disk has no room for EPHEMERAL", async () => {
    await node([{ ...osDisk(), sizeBytes: 3 * GiB }, dataDisk()]);
    expect(lab.texts("volume-waiting")).toEqual([
      "volume EPHEMERAL of cp-1 waits: not enough room for EPHEMERAL on the system disk",
    ]);
    expect(lab.texts("format")).toEqual([]);
    expect(hostOf(lab.world, 100).isUp()).toBe(false);
  });

  it("takes an OS disk's free tail, which is a catastrophe", async () => {
    const big = { ...osDisk(), sizeBytes: 64 * GiB };
    await node([big, dataDisk()], { selector: "system_disk", patches: [OS_CAPPED] });
    expect(lab.catastrophes()).toEqual([
      "formatted the free tail of the OS disk of cp-1, /dev/sda (scsi0, 69 GB) of cp-1, for the volume longhorn",
    ]);
  });

  it("takes a blank disk that is meant for something else, which is a catastrophe", async () => {
    await node([osDisk(), { interface: "virtio2", sizeBytes: 80 * GiB }], {
      selector: "!system_disk && disk.size > 50u * GB",
    });
    expect(lab.catastrophes()).toEqual([
      "formatted /dev/vda (virtio2, 86 GB) of cp-1, a disk that is declared for something else, for the volume longhorn",
    ]);
  });

  it("takes the first of several by device name, whichever that is at this boot", async () => {
    const disks = [osDisk(), dataDisk(), { interface: "virtio2", sizeBytes: 40 * GiB }];
    const taken = new Set<string>();
    for (let seed = 1; seed < 12; seed++) {
      lab = await Lab.open(seed);
      const { diskId } = await node(disks);
      expect(diskId).toBe(lab.world.state.machines[100]!.devices["/dev/vda"]);
      taken.add(diskId!);
    }
    expect([...taken].sort()).toEqual(["disk-100-virtio1", "disk-100-virtio2"]);
  });

  it("is not made on a disk with anything else on it", async () => {
    const foreign = { ...dataDisk(), content: { kind: "foreign" as const, what: "ext4" } };
    expect((await node([osDisk(), foreign])).reason).toContain(
      "0 have not enough space, 1 have wrong format",
    );
  });

  it("passes over the read-only loop devices, not over the DVD drive", async () => {
    expect((await node([osDisk()], { selector: "disk.size > 0u" })).reason).toBe(
      "no disks matched for volume (2 matched selector): 1 have not enough space, 1 have wrong format, 0 have other issues",
    );
  });

  it("is not made on a disk that is too small, or on a full GPT disk", async () => {
    const small = { ...dataDisk(), sizeBytes: 38 * GiB };
    expect((await node([osDisk(), small], { selector: 'disk.serial == "data-1"' })).reason).toContain(
      "1 have not enough space",
    );
    lab = await Lab.open();
    const partition = { label: "media", sizeBytes: 20 * GiB, filesystem: "xfs", formattedAt: 0, files: {} };
    const full = { ...dataDisk(), content: { kind: "gpt" as const, partitions: [partition] } };
    expect((await node([osDisk(), full])).reason).toContain("1 have not enough space");
  });

  it("does not land on an attached Longhorn volume of the data disk's size: its filesystem is foreign", async () => {
    const { phase } = await node([osDisk()], { selector: "disk.size == 42949672960u && !system_disk" });
    expect(phase).toBe("waiting");
    hostOf(lab.world, 100).attachIscsi({ name: "pvc-1", sizeBytes: 42949672960 });
    await lab.world.settle();
    expect(volume().reason).toContain("(1 matched selector): 0 have not enough space, 1 have wrong format");
    expect(lab.texts("format")).toEqual([]);
  });

  it("destroys an attached Longhorn volume that has not been formatted yet", async () => {
    await node([osDisk()], { selector: "disk.size == 42949672960u && !system_disk" });
    hostOf(lab.world, 100).attachIscsi({ name: "pvc-1", sizeBytes: 42949672960 });
    lab.world.state.machines[100]!.iscsi[0]!.filesystem = "none";
    await lab.world.settle();
    expect(lab.catastrophes()[0]).toContain("which is the attached Longhorn volume pvc-1");
  });

  it("is found again by its label after a reboot, never formatted twice", async () => {
    const first = await node([osDisk(), dataDisk()]);
    disk("virtio1").content = structuredClone(disk("virtio1").content);
    await reboot(lab.world, 100, "test");
    await lab.clock.sleep(120);
    expect(volume()).toMatchObject({ phase: "ready", diskId: first.diskId });
    expect(lab.texts("format")).toHaveLength(1);
  });

  it("grows into a bigger disk at the next boot and not before", async () => {
    await node([osDisk(), dataDisk()]);
    const size = () =>
      (disk("virtio1").content as { partitions: { sizeBytes: number }[] }).partitions[0]!.sizeBytes;
    const before = size();
    disk("virtio1").sizeBytes += 10 * GiB;
    await lab.world.settle();
    expect(size()).toBe(before);
    await reboot(lab.world, 100, "test");
    expect(size()).toBe(before + 10 * GiB);
  });

  it("appears as soon as a fitting disk does", async () => {
    expect((await node([osDisk()])).phase).toBe("waiting");
    const vm = lab.world.state.proxmox.vms[100]!;
    vm.disks["virtio1"] = {
      id: "late",
      datastore: "local-lvm",
      media: "disk",
      content: { kind: "blank" },
      ...dataDisk(),
    } as DiskState;
    await lab.world.settle();
    expect(volume()).toMatchObject({ phase: "ready", diskId: "late" });
  });

  it.each(["scsi1", "virtio5"])("is the data disk on whatever bus: %s", async (slot) => {
    await node([osDisk(), { ...dataDisk(), interface: slot }]);
    expect(volume()).toMatchObject({ phase: "ready", diskId: `disk-100-${slot}` });
    expect(lab.catastrophes()).toEqual([]);
  });

  it("is judged on a machine that nobody declared", async () => {
    lab.addVm({ vmId: 100, name: "cp-1", address: NODE });
    delete lab.world.state.declarations![100];
    await lab.start(100);
    await lab.apply(NODE, await lab.config({ hostname: "cp-1" }));
    expect(lab.catastrophes()[0]).toContain("a machine that this environment does not declare");
  });
});

describe("paths on a node", () => {
  it("lie on the data disk below the volume's mount point, on EPHEMERAL elsewhere in /var", async () => {
    await node([osDisk(), dataDisk()]);
    const host = hostOf(lab.world, 100);
    expect(host.resolve("/var/mnt/longhorn/replicas")).toMatchObject({
      diskId: "disk-100-virtio1",
      onSystemDisk: false,
      mountPoint: "/var/mnt/longhorn",
    });
    expect(host.resolve("/var/lib/longhorn")).toMatchObject({
      diskId: "disk-100-scsi0",
      onSystemDisk: true,
      mountPoint: "/var",
    });
    expect(() => host.resolve("/mnt/longhorn")).toThrow("read-only file system");
  });

  it("lie on EPHEMERAL while the volume waits", async () => {
    await node([osDisk()]);
    expect(hostOf(lab.world, 100).resolve("/var/mnt/longhorn")).toMatchObject({ onSystemDisk: true });
  });

  it("reach the kubelet only by an extra mount, with the propagation it says", async () => {
    const mount = (options: string) =>
      `machine: {kubelet: {extraMounts: [{destination: /var/mnt/longhorn, type: bind, source: /var/mnt/longhorn, options: [${options}]}]}}`;
    await node([osDisk(), dataDisk()]);
    const host = hostOf(lab.world, 100);
    expect(host.kubeletMount("/var/mnt/longhorn")).toBeUndefined();
    await lab.apply(NODE, await lab.config({ hostname: "cp-1", patches: [mount("bind, rshared, rw")] }));
    expect(host.kubeletMount("/var/mnt/longhorn/replicas")).toEqual({
      destination: "/var/mnt/longhorn",
      source: "/var/mnt/longhorn",
      propagation: "rshared",
      readonly: false,
    });
    await lab.apply(NODE, await lab.config({ hostname: "cp-1", patches: [mount("bind, ro")] }));
    expect(host.kubeletMount("/var/mnt/longhorn")).toMatchObject({ propagation: "private", readonly: true });
  });

  it("cannot hold an iSCSI volume without iscsi-tools in the image", async () => {
    await node([osDisk(["siderolabs/util-linux-tools"]), dataDisk()]);
    expect(() => hostOf(lab.world, 100).attachIscsi({ name: "pvc-1", sizeBytes: GiB })).toThrow("iscsiadm");
  });
});
