/** One copy of everything, on a VLAN: what cannot come to an end is told by the preview, and what somebody accepts goes through. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { causes, runningBench, type Bench } from "../support/rehearse.ts";
import { readData, writeData } from "../safety/support.ts";
import { upgradesByNode } from "./support.ts";

const MADE = ["network.vlan=20", "longhorn.replicaCount=1"];
const OLD = [...MADE, "cluster.talosVersion=v1.11.5"];
const NEW = [...MADE, "cluster.talosVersion=v1.11.6"];
const ALLOWED = "allow=[single-replica]";

let lab: Bench;

beforeAll(async () => {
  lab = await runningBench({ overlays: [...OLD, ALLOWED] });
  await lab.during({ overlays: OLD }, ({ world }) => writeData(world, "worker-1"));
});

afterAll(() => lab.remove());

test.for([
  ["another VLAN", "network.vlan=30", "homelab:network.vlan: VLAN 20 would become VLAN 30 under the running"],
  [
    "a VLAN taken away",
    "network={subnet: 192.168.1.0/24, gateway: 192.168.1.1}",
    "homelab:network.vlan: VLAN 20 would become no VLAN tag under",
  ],
  [
    "another bridge",
    "network.bridge=vmbr1",
    'homelab:network.bridge: bridge "vmbr0" would become bridge "vmbr1"',
  ],
] as const)("%s is refused in the preview", async ([, overlay, refusal]) => {
  const report = await lab.run("preview", { overlays: [...OLD, ALLOWED, overlay] });
  expect(report.errors.join("\n")).toContain(refusal);
  expect(report.events).toEqual([]);
});

test("an upgrade that would wait for a second copy is refused in the preview, with what there is to do", async () => {
  const report = await lab.run("preview", { overlays: NEW });
  expect(report.errors.join("\n")).toContain(
    "homelab:longhorn.replicaCount: the volumes were made with 1 copy, which is away while its node is upgraded",
  );
  expect(report.errors.join("\n")).toContain("adding `single-replica` to homelab:allow");
  expect(report.events).toEqual([]);
});

test("who accepts that the data is away meanwhile gets the upgrade, and the data back", async () => {
  const report = await lab.run("up", { overlays: [...NEW, ALLOWED] });
  expect(causes(report)).toBe("");
  expect(upgradesByNode(report)).toEqual({ "cp-1": ["v1.11.6"], "worker-1": ["v1.11.6"] });
  await lab.during({ overlays: NEW }, ({ world }) => {
    expect(readData(world)).toBe("precious");
    return Promise.resolve();
  });
});
