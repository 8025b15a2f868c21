import { describe, expect, test } from "vitest";
import { vmArgs } from "../../../src/proxmox/vm-args.ts";
import { nodeFacts } from "../../../src/plan/facts.ts";
import { readExisting, NOTHING_EXISTS } from "../../../src/plan/existing.ts";
import { listRemade, planned } from "../../../src/plan/unfinished.ts";
import { machineFacts } from "../../../src/plan/vm-facts.ts";
import { labWith, stateOf, type Progress } from "./fixtures.ts";

const anew = (before: string[], after: string[], progress: Progress) => [
  ...listRemade(readExisting(stateOf(labWith(before), progress)), labWith(after)),
];

describe("a machine in the state", () => {
  test.each([
    ["as the lab has it", []],
    [
      "with a VLAN, a MAC address and further disks",
      [
        "network.vlan=20",
        "nodes[1].macAddress=BC:24:11:00:00:01",
        "nodes[1].extraDisks=[{sizeGiB: 64}, {sizeGiB: 128}]",
      ],
    ],
    [
      "one that retires, on another network",
      ["nodes[1].retiring=true", "network.nameservers=[9.9.9.9]", "allow=[single-replica]"],
    ],
  ])("says what the configuration said: %s", (_name, overlays) => {
    const config = labWith(overlays);
    for (const node of config.nodes) {
      const { role: _, ...wanted } = nodeFacts(config, node);
      expect(machineFacts(node.name, { ...vmArgs(config, node, "image") })).toEqual(wanted);
    }
  });

  test("is read as the provider gives it back: untagged is VLAN 0, a detached disk keeps its place", () => {
    const config = labWith(["nodes[1].extraDisks=[{sizeGiB: 64}, {sizeGiB: 128}]"]);
    const args = vmArgs(config, config.nodes[1]!, "image");
    const disks = (args.disks as { interface: string }[]).filter((disk) => disk.interface !== "virtio2");
    const found = machineFacts("worker-1", {
      ...args,
      networkDevices: [{ bridge: "vmbr0", vlanId: 0, macAddress: "BC:24:11:8E:5C:06" }],
      disks: [...disks, { interface: "", size: 8 }],
    });
    expect(found.vlan).toBeUndefined();
    expect(found.extraDisks).toEqual([undefined, { sizeGiB: 128, datastore: "local-lvm" }]);
  });

  test("that was left half made is read as far as it goes", () => {
    expect(machineFacts("worker-1", {})).toMatchObject({
      name: "worker-1",
      vmId: 0,
      address: "",
      extraDisks: [],
    });
  });
});

describe("a machine without a config", () => {
  test.each([
    ["another address", ["nodes[1].address=192.168.1.150"]],
    ["another id", ["nodes[1].vmId=227"]],
    ["another host", ["nodes[1].host=pve2"]],
    ["a smaller disk", ["nodes[1].dataDisk.sizeGiB=30"]],
    ["a larger disk and more memory", ["nodes[1].dataDisk.sizeGiB=60", "nodes[1].memoryGiB=8"]],
    ["a MAC address of its own", ["nodes[1].macAddress=BC:24:11:00:00:01"]],
  ])("is made anew: %s", (_name, after) => {
    expect(anew([], after, { kept: ["cp-1"] })).toEqual(["worker-1"]);
    expect(anew([], after, {})).toEqual([]);
  });

  test("is made anew when the MAC address that it was given is left to Proxmox again", () => {
    expect(anew(["nodes[1].macAddress=BC:24:11:00:00:01"], [], { kept: [] })).toEqual(["worker-1"]);
  });

  test("of a run that made not all of them is compared by the address that it has", () => {
    const own = labWith(["nodes[1].macAddress=BC:24:11:00:00:01"]);
    const state = stateOf(own, { kept: [] }).filter(({ type }) => type !== "homelab:proxmox:Virtualization");
    expect([...listRemade(readExisting(state), own)]).toEqual([]);
    expect([...listRemade(readExisting(state), labWith(["nodes[1].macAddress=BC:24:11:00:00:02"]))]).toEqual([
      "worker-1",
    ]);
  });

  test("is left alone when nothing is wrong with it", () => {
    expect(anew([], [], { kept: [] })).toEqual([]);
    const own = ["nodes[1].macAddress=BC:24:11:00:00:01"];
    expect(anew(own, own, { kept: [] })).toEqual([]);
  });

  test("is not even made when it retires", () => {
    const config = labWith(["nodes[1].retiring=true", "allow=[single-replica]"]);
    const names = (made = NOTHING_EXISTS) => planned(config, made).nodes.map(({ name }) => name);
    expect(names()).toEqual(["cp-1"]);
    expect(names(readExisting(stateOf(labWith([]), { kept: ["cp-1"] })))).toEqual(["cp-1"]);
    expect(names(readExisting(stateOf(labWith([]))))).toEqual(["cp-1", "worker-1"]);
  });
});
