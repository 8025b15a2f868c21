import { expect, test } from "vitest";
import { lostDiskRefusal } from "../../../../src/plan/refusals/lost-disks.ts";
import { lab, nodeOf } from "../../../components/support/homelabs.ts";

const worker = nodeOf(lab(), "worker-1");
const disks = (...names: (string | undefined)[]) => ({
  disks: names.map((name) => (name === undefined ? {} : { interface: name })),
});

test("a disk that lost its place is named, with what to do", () => {
  for (const empty of [undefined, ""]) {
    expect(lostDiskRefusal(worker, disks("scsi0", empty), disks("scsi0", "virtio1"))).toBe(
      'Disk virtio1 of node "worker-1" (VM 127) is not attached any more, and nothing was changed. Proxmox lists it among the ' +
        "machine's hardware as an unused disk: attach it again under that name. The data disk's serial is \"data-127\". " +
        "Then refresh, and run again.",
    );
  }
});

test("disks that are all there, or new in the config, are none", () => {
  expect(lostDiskRefusal(worker, disks("scsi0", "virtio1"), disks("scsi0", "virtio1"))).toBeUndefined();
  expect(
    lostDiskRefusal(worker, disks("scsi0", "virtio1"), disks("scsi0", "virtio1", "virtio2")),
  ).toBeUndefined();
  expect(lostDiskRefusal(worker, undefined, disks("scsi0"))).toBeUndefined();
});
