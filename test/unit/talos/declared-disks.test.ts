import { describe, expect, test } from "vitest";
import type { NodeConfig } from "../../../src/config/types.ts";
import { declaredDisks, isSame } from "../../../src/talos/declared-disks.ts";
import { lab, nodeOf, rack } from "../../components/support/homelabs.ts";

const worker = nodeOf(lab(), "worker-1");

describe("what a node's disks are declared to be", () => {
  test("as data: the VM, both sizes in bytes, the serial", () => {
    expect(declaredDisks(worker)).toEqual({
      vmId: 127,
      osDisk: { bytes: 34359738368 },
      dataDisk: { bytes: 42949672960, serial: "data-127" },
    });
    expect(declaredDisks(nodeOf(rack(), "cp-1"))).toEqual({ vmId: 2011, osDisk: { bytes: 34359738368 } });
  });

  const { dataDisk, ...withoutDataDisk } = worker;
  const data = dataDisk!;
  test.each<[string, NodeConfig]>([
    ["the VM", { ...worker, vmId: 128 }],
    ["the OS disk's size", { ...worker, osDisk: { ...worker.osDisk, sizeGiB: 33 } }],
    ["the data disk's size", { ...worker, dataDisk: { ...data, sizeGiB: 41 } }],
    ["the data disk's serial", { ...worker, dataDisk: { ...data, serial: "other" } }],
    ["that there is a data disk", withoutDataDisk],
  ])("%s makes others", (_, node) => {
    expect(isSame(declaredDisks(worker), declaredDisks(node))).toBe(false);
  });

  test("what the proof does not read makes none: a running node is not asked for it", () => {
    const node: NodeConfig = {
      ...worker,
      name: "storage-1",
      address: "192.168.1.99",
      cores: 8,
      memoryGiB: 64,
      host: "pve2",
      osDisk: { ...worker.osDisk, datastore: "fast" },
      dataDisk: { ...data, datastore: "fast" },
    };
    expect(declaredDisks(node)).toEqual(declaredDisks(worker));
    expect(isSame(declaredDisks(worker), declaredDisks(node))).toBe(true);
  });
});

describe("what a state has of an earlier version of the program", () => {
  // As it was recorded.
  const WORKER = "VM 127: OS 34359738368 bytes, data 42949672960 bytes, serial data-127";
  const CONTROL_PLANE = "VM 2011: OS 34359738368 bytes, no data disk";

  test("is the same while nothing changed", () => {
    expect(isSame(WORKER, declaredDisks(worker))).toBe(true);
    expect(isSame(CONTROL_PLANE, declaredDisks(nodeOf(rack(), "cp-1")))).toBe(true);
  });

  test.each([
    ["another VM", WORKER.replace("127:", "128:")],
    ["another OS disk", WORKER.replace("34359738368", "34359738369")],
    ["another data disk", WORKER.replace("42949672960", "42949672961")],
    ["another serial", `${WORKER}0`],
    ["no data disk", "VM 127: OS 34359738368 bytes, no data disk"],
    ["something else", "disks"],
    ["nothing", undefined],
  ])("is another with %s", (_, recorded) => {
    expect(isSame(recorded, declaredDisks(worker))).toBe(false);
  });
});
