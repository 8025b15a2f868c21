/** A retirement that cannot end: the last copies have nowhere to go, so the node stays whatever the config says next. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, causes, runningBench } from "../support/rehearse.ts";
import { copies, readData, writeData } from "./support.ts";

const ALLOWED = ["allow=[single-replica]", "longhorn.replicaCount=1"];
const RETIRING = [...ALLOWED, "nodes[1].retiring=true"];
const GONE = [
  ...ALLOWED,
  "nodes=[{name: cp-1, role: controlplane, host: pve, vmId: 126, address: 192.168.1.126, osDisk: {sizeGiB: 32}, dataDisk: {sizeGiB: 40}}]",
];

let lab: Bench;

beforeAll(async () => {
  lab = await runningBench();
  await lab.during({}, ({ world }) => writeData(world, "cp-1"));
});

afterAll(() => lab.remove());

test("retiring it is refused while the volumes are made with as many copies as there are nodes", async () => {
  const report = await lab.run("preview", { overlays: RETIRING });
  expect(report.errors.join("\n")).toContain(
    "homelab:nodes[1].retiring: the volumes were made with 2 copies, each on a node of its own, and 1 node with a data disk stays",
  );
  expect(report.events).toEqual([]);
});

test("new volumes get one copy, those that are there keep theirs", async () => {
  expect(causes(await lab.run("up", { overlays: ALLOWED }))).toBe("");
});

test("retiring it then says that its copies have nowhere to go", async () => {
  const report = await lab.run("up", { overlays: RETIRING });
  expect(report.ok).toBe(false);
  const told = report.errors.join("\n");
  expect(told).toContain("worker-1 cannot retire, for copies on it have nowhere to go");
  expect(told).toMatch(
    /volume default\/precious \(pvc-[^)]+\) of 1 GiB: every other node with a data disk has a copy already/,
  );
});

test.each(["preview", "up"] as const)("its entry may not go then: %s", async (command) => {
  const report = await lab.run(command, { overlays: GONE });
  expect(report.ok).toBe(false);
  expect(report.errors.join("\n")).toContain(
    'the entry of "worker-1" is gone, but its retirement did not come to its end',
  );
  expect(
    report.events.filter(({ kind }) => ["vm-deleted", "disk-lost", "replica-lost"].includes(kind)),
  ).toEqual([]);
  await lab.during({}, ({ world }) => {
    expect([readData(world), copies(world)]).toEqual(["precious", ["cp-1", "worker-1"]]);
    return Promise.resolve();
  });
});

test("it can stay after all", async () => {
  const report = await lab.run("up", { overlays: [...ALLOWED, "nodes[1].retiring=false"] });
  expect(causes(report)).toBe("");
});
