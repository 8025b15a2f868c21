/** A node that retires needs places for its copies: what Longhorn would try for ever is told before it begins. */
import { describe, expect, test } from "vitest";
import { copiesNowhere, refusedRetirement, type Room } from "../../../src/longhorn/room.ts";
import { rack } from "../../components/support/homelabs.ts";

const GIB = 1024 ** 3;
const NODES = rack().nodes;
const NAMES = ["worker-1", "worker-2", "worker-3"];

interface Disk {
  /** GiB. */
  scheduled?: number;
  open?: boolean;
  unknown?: boolean;
}

/** Disks of 40 GiB of which Longhorn leaves 12 to others. */
function room(
  volumes: { copies?: number; gib: number; on: string[]; own?: string }[],
  disks: Record<string, Disk> = {},
): Room {
  return {
    volumes: volumes.map(({ copies = 2, gib, own }, index) => ({
      metadata: { name: `pvc-${index}` },
      spec: {
        numberOfReplicas: copies,
        size: String(gib * GIB),
        ...(own !== undefined && { replicaSoftAntiAffinity: own }),
      },
    })),
    replicas: volumes.flatMap(({ on }, index) =>
      on.map((nodeID) => ({ spec: { volumeName: `pvc-${index}`, nodeID, healthyAt: "then", failedAt: "" } })),
    ),
    nodes: NAMES.filter((name) => disks[name]?.unknown !== true).map((name) => ({
      metadata: { name },
      spec: {
        allowScheduling: disks[name]?.open ?? true,
        disks: { data: { allowScheduling: true, storageReserved: 12 * GIB } },
      },
      status: {
        diskStatus: {
          data: { storageMaximum: 40 * GIB, storageScheduled: (disks[name]?.scheduled ?? 0) * GIB },
        },
      },
    })),
    settings: [{ metadata: { name: "storage-over-provisioning-percentage" }, value: "100" }],
  };
}

const retire = (about: Room) =>
  copiesNowhere(
    about,
    "worker-1",
    NODES.map((node) => (node.name === "worker-1" ? { ...node, retiring: true } : node)),
  );

describe("copies have nowhere to go", () => {
  test("the others are too full", () => {
    const full = room([{ gib: 10, on: ["worker-1", "worker-2"] }], {
      "worker-2": { scheduled: 10 },
      "worker-3": { scheduled: 20 },
    });
    expect(retire(full)).toEqual(["volume pvc-0 of 10 GiB: worker-3 has room for 8 GiB"]);
  });

  test("every other node has one", () => {
    expect(retire(room([{ copies: 3, gib: 1, on: NAMES }]))).toEqual([
      "volume pvc-0 of 1 GiB: every other node with a data disk has a copy already",
    ]);
  });

  test("each fits, but not all of them", () => {
    const many = room(
      [1, 2, 3].map(() => ({ copies: 1, gib: 15, on: ["worker-1"] })),
      { "worker-2": { scheduled: 10 }, "worker-3": { scheduled: 10 } },
    );
    expect(retire(many)).toEqual([
      "its volumes need 45 GiB, and the other nodes have room for 36 GiB together",
    ]);
  });

  test("said with what can be done", () => {
    expect(refusedRetirement("worker-1", ["volume pvc-0"])).toContain(
      "worker-1 cannot retire, for copies on it have nowhere to go, and waiting would not change that:\n  volume pvc-0\nLonghorn was not told",
    );
    expect(refusedRetirement("worker-1", [])).toBeUndefined();
  });
});

test.each([
  ["there is room", room([{ gib: 10, on: ["worker-1", "worker-2"] }])],
  ["nothing is on it", room([{ gib: 100, on: ["worker-2", "worker-3"] }])],
  ["enough copies are elsewhere", room([{ copies: 2, gib: 100, on: NAMES }])],
  [
    "a node joins in this run",
    room([{ gib: 10, on: ["worker-1", "worker-2"] }], { "worker-3": { unknown: true } }),
  ],
  [
    "a node may be opened again in this run",
    room([{ gib: 10, on: ["worker-1", "worker-2"] }], { "worker-3": { open: false } }),
  ],
  ["two copies may share a node", room([{ gib: 1, copies: 3, on: NAMES, own: "enabled" }])],
  [
    "more may be provisioned than there is",
    {
      ...room([{ gib: 10, on: ["worker-1", "worker-2"] }], { "worker-3": { scheduled: 20 } }),
      settings: [{ metadata: { name: "storage-over-provisioning-percentage" }, value: "200" }],
    },
  ],
])("it goes on where %s", (_name, about) => {
  expect(retire(about)).toEqual([]);
});
