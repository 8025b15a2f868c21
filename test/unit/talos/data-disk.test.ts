import { describe, expect, test } from "vitest";
import type { NodeConfig } from "../../../src/config/types.ts";
import {
  dataDiskSelector,
  diskProblems,
  diskRefusal,
  silenceRefusal,
  type ReportedDisk,
} from "../../../src/talos/data-disk.ts";
import { lab, nodeOf, rack } from "../../components/support/homelabs.ts";
import { DATA_MOUNT_POINT, DATA_VOLUME } from "../../../src/disks.ts";

const GIB = 1024 ** 3;
const OS_SIZE = "32 GiB (34359738368 bytes, 34 GB in Talos)";
const DATA_SIZE = "40 GiB (42949672960 bytes, 43 GB in Talos)";

function disk(changes: Partial<ReportedDisk> & Pick<ReportedDisk, "devPath">): ReportedDisk {
  return { size: 40 * GIB, serial: "", transport: "virtio", readonly: false, cdrom: false, ...changes };
}

/** As Talos reports a node of the lab: SCSI disks show no serial, the cloud-init drive is a CD. */
const OS = disk({ devPath: "/dev/sda", size: 32 * GIB });
const DATA = disk({ devPath: "/dev/vda", serial: "data-127" });
const CDROM = disk({
  devPath: "/dev/sr0",
  size: 4 * 1024 ** 2,
  transport: "ata",
  readonly: true,
  cdrom: true,
});
/** A Longhorn volume of just the data disk's size, attached to the node. */
const VOLUME = disk({ devPath: "/dev/sdb", transport: "iscsi", serial: "beaf11" });

const worker = nodeOf(lab(), "worker-1");
const problems = (disks: ReportedDisk[], node: NodeConfig = worker) => diskProblems({ node, disks });

describe("the data volume", () => {
  test("is named and mounted where the machine config and Longhorn look for it", () => {
    expect([DATA_VOLUME, DATA_MOUNT_POINT]).toEqual(["longhorn", "/var/mnt/longhorn"]);
  });

  test("is selected by exact bytes, transport and not being the system disk", () => {
    expect(dataDiskSelector(40)).toBe(
      'disk.size == 42949672960u && disk.transport == "virtio" && !system_disk',
    );
    expect(dataDiskSelector(16384)).toBe(
      'disk.size == 17592186044416u && disk.transport == "virtio" && !system_disk',
    );
  });
});

describe("a node's disks prove nothing wrong", () => {
  test.each<[string, ReportedDisk[]]>([
    ["with one OS disk and one data disk", [OS, DATA, CDROM]],
    ["whatever the order and the device names", [{ ...DATA, devPath: "/dev/sdz" }, OS]],
    ["when the data disk is one that can show no serial", [OS, { ...DATA, devPath: "/dev/sdb", serial: "" }]],
    ["beside a USB disk of the data disk's size", [OS, DATA, { ...VOLUME, transport: "usb" }]],
    ["beside an attached Longhorn volume of the data disk's size", [OS, DATA, VOLUME]],
    ["beside an attached Longhorn volume of the OS disk's size", [OS, DATA, { ...VOLUME, size: 32 * GIB }]],
    ["beside a read-only disk of the data disk's size", [OS, DATA, { ...DATA, readonly: true, serial: "x" }]],
    ["beside a CD of the data disk's size", [OS, DATA, { ...DATA, cdrom: true, serial: "x" }]],
    ["beside disks of other sizes", [OS, DATA, disk({ devPath: "/dev/vdb", size: 40 * GIB + 512 })]],
  ])("%s", (_, disks) => {
    expect(problems(disks)).toEqual([]);
  });

  test("on a node without a data disk as long as there is one OS disk", () => {
    const node = nodeOf(rack(), "cp-1");
    expect(problems([OS], node)).toEqual([]);
    expect(problems([OS, DATA, { ...DATA, devPath: "/dev/vdb" }], node)).toEqual([]);
    expect(problems([DATA], node)).toEqual([`no virtio disk has the OS disk's size of ${OS_SIZE}`]);
  });
});

describe("a node's disks are refused", () => {
  const noData = `no virtio disk has the data disk's size of ${DATA_SIZE}`;
  const noOs = `no virtio disk has the OS disk's size of ${OS_SIZE}`;

  test.each<[string, ReportedDisk[], string[]]>([
    ["when there are none at all", [], [noOs, noData]],
    ["without a data disk", [OS, CDROM], [noData]],
    ["without an OS disk", [DATA, CDROM], [noOs]],
    ["when the data disk is a sector too small", [OS, { ...DATA, size: 40 * GIB - 512 }], [noData]],
    ["when only a Longhorn volume has the size", [OS, VOLUME], [noData]],
    ["when the only disk of the size is read-only", [OS, { ...DATA, readonly: true }], [noData]],
    ["when the only disk of the size is a CD", [OS, { ...DATA, cdrom: true }], [noData]],
    [
      "with two disks of the data disk's size, even if one has its serial",
      [OS, DATA, disk({ devPath: "/dev/vdb" })],
      [`2 disks have the data disk's size of ${DATA_SIZE}: /dev/vda, /dev/vdb; it must be exactly one`],
    ],
    [
      "with three, each named",
      [OS, DATA, disk({ devPath: "/dev/vdb" }), disk({ devPath: "/dev/vdc" })],
      [
        `3 disks have the data disk's size of ${DATA_SIZE}: /dev/vda, /dev/vdb, /dev/vdc; it must be exactly one`,
      ],
    ],
    [
      "with two disks of the OS disk's size",
      [OS, { ...OS, devPath: "/dev/sdb" }, DATA],
      [`2 disks have the OS disk's size of ${OS_SIZE}: /dev/sda, /dev/sdb; it must be exactly one`],
    ],
    [
      "when the disk of the size is another one, by its serial",
      [OS, { ...DATA, serial: "data-126" }],
      ['/dev/vda has the data disk\'s size but serial "data-126", where "data-127" is declared'],
    ],
    [
      "when it could show a serial and shows none: ours was given one",
      [OS, { ...DATA, serial: "" }],
      ['/dev/vda has the data disk\'s size but no serial, where "data-127" is declared'],
    ],
    [
      "for every reason at once",
      [{ ...DATA, serial: "backup" }],
      [noOs, '/dev/vda has the data disk\'s size but serial "backup", where "data-127" is declared'],
    ],
  ])("%s", (_, disks, expected) => {
    expect(problems(disks)).toEqual(expected);
  });
});

describe("the refusal of a homelab", () => {
  const [cp, node] = lab().nodes as [NodeConfig, NodeConfig];
  const cpDisks = [OS, { ...DATA, serial: "data-126" }];

  test("is none when every node is proven, or when there is none", () => {
    expect(
      diskRefusal([
        { node: cp, disks: cpDisks },
        { node, disks: [OS, DATA] },
      ]),
    ).toBeUndefined();
    expect(diskRefusal([])).toBeUndefined();
  });

  test("names every problem of every node, shows all disks and says what to do", () => {
    const spare = disk({ devPath: "/dev/vdb", size: 40 * GIB });
    expect(
      diskRefusal([
        { node: cp, disks: [OS, { ...DATA, serial: "data-127" }] },
        { node, disks: [spare, CDROM, OS, DATA, { ...VOLUME, readonly: true }] },
      ]),
    ).toBe(
      [
        "The data disk is not proven on every node, so no machine config was applied to any node and nothing was formatted.",
        '  cp-1: /dev/vda has the data disk\'s size but serial "data-127", where "data-126" is declared',
        `  worker-1: 2 disks have the data disk's size of ${DATA_SIZE}: /dev/vdb, /dev/vda; it must be exactly one`,
        "Disks as Talos reports them:",
        "  NODE      DEVICE    SIZE    BYTES        TRANSPORT  SERIAL    NOTE",
        "  cp-1      /dev/sda  34 GB   34359738368  virtio",
        "  cp-1      /dev/vda  43 GB   42949672960  virtio     data-127",
        "  worker-1  /dev/vdb  43 GB   42949672960  virtio",
        "  worker-1  /dev/sr0  4.2 MB  4194304      ata                  cdrom",
        "  worker-1  /dev/sda  34 GB   34359738368  virtio",
        "  worker-1  /dev/vda  43 GB   42949672960  virtio     data-127",
        "  worker-1  /dev/sdb  43 GB   42949672960  iscsi      beaf11    read-only",
        "Give every node's data disk a size that no other disk of that node has (homelab:nodes[].dataDisk.sizeGiB), or remove the disk that should not be there, and run again.",
      ].join("\n"),
    );
  });

  test("shows the proven nodes too, but lists no problem of theirs", () => {
    const text = diskRefusal([
      { node: cp, disks: cpDisks },
      { node, disks: [] },
    ]);
    expect(text?.split("\n").filter((line) => /^ {2}[a-z0-9-]+: /.test(line))).toEqual([
      `  worker-1: no virtio disk has the OS disk's size of ${OS_SIZE}`,
      `  worker-1: no virtio disk has the data disk's size of ${DATA_SIZE}`,
    ]);
    expect(text).toContain("  cp-1  /dev/vda  43 GB  42949672960  virtio     data-126\n");
  });
});

test("the refusal of silence names every silent node with its address and reason, and says where to look", () => {
  const [cp, node] = lab().nodes as [NodeConfig, NodeConfig];
  expect(
    silenceRefusal([
      { node: cp, reason: "no route to host" },
      { node, reason: "deadline exceeded" },
    ]),
  ).toBe(
    [
      "The disks of some nodes could not be read, so no machine config was applied to any node and nothing was formatted.",
      "  cp-1 (192.168.1.126): no route to host",
      "  worker-1 (192.168.1.127): deadline exceeded",
      "Look at the console of each such VM in Proxmox: it must show Talos in maintenance mode, at that address, and no other machine may have the address. Then run again.",
    ].join("\n"),
  );
});
