/** A first `up` that failed on a wrong value leaves every way open: nothing was made that a plan could cost. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bench, causes, type Bench } from "../support/rehearse.ts";

/** Simulated seconds per second, for runs that wait in vain. */
const HASTE = 2000;
const ALONE = [
  "nodes=[{name: cp-1, role: controlplane, host: pve, vmId: 126, address: 192.168.1.126, osDisk: {sizeGiB: 32}, dataDisk: {sizeGiB: 40}}]",
];

describe.each([
  ["a store that is not there", "proxmox.diskDatastore=local-zfs", "storage 'local-zfs' does not exist"],
  ["a host that is not there", "nodes[1].host=pve2", "hostname lookup 'pve2' failed"],
  ["somebody's id", "nodes[1].vmId=100", "100 is already taken by"],
  ["somebody's address", "nodes[1].address=192.168.1.100", "answered by two machines"],
  ["somebody's MAC address", "nodes[1].macAddress=BC:24:11:0A:0A:64", "BC:24:11:0A:0A:64"],
])("%s", (_name, wrong, reason) => {
  let lab: Bench;

  beforeAll(async () => {
    lab = await bench();
    const report = await lab.run("up", { overlays: [wrong], timeScale: HASTE });
    expect(report.ok).toBe(false);
    expect(report.errors.join("\n")).toContain(reason);
  });

  afterAll(() => lab.remove());

  test.each([
    ["the right value", []],
    ["another wrong one", ["nodes[1].host=pve3", "nodes[1].vmId=300"]],
    ["without the node", ALONE],
    ["smaller disks, another network", ["nodes[1].dataDisk.sizeGiB=30", "network.vlan=20"]],
  ])("is followed by %s", async (_way, overlays) => {
    expect(causes(await lab.run("preview", { overlays }))).toBe("");
  });

  test("can be destroyed while it is wrong", async () => {
    const report = await lab.run("destroy", { overlays: [wrong, "protect=false"], timeScale: HASTE });
    expect(report.errors).toEqual([]);
    expect(report.checks.filter(({ id, ok }) => id === "nothing-left" && !ok)).toEqual([]);
  });
});
