/** Workers that come and go: 1 to 3 and back, with data that is looked for after each step. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Report } from "../../../rehearsal/report.ts";
import { type Bench, causes, runningBench } from "../support/rehearse.ts";
import { clusterIn, copies, readData, writeData } from "./support.ts";

const worker = (number: number, retiring = false) =>
  `nodes[${number}]={name: worker-${number}, role: worker, host: pve, vmId: ${126 + number}, address: 192.168.1.${126 + number}, ` +
  `osDisk: {sizeGiB: 32}, dataDisk: {sizeGiB: 40}${retiring ? ", retiring: true" : ""}}`;

const TWO = "longhorn.replicaCount=2";
let lab: Bench;

beforeAll(async () => {
  lab = await runningBench();
  await lab.during({}, ({ world }) => writeData(world, "cp-1"));
});

afterAll(() => lab.remove());

const vmsOf = (): Promise<number[]> =>
  lab.during({ overlays: [TWO] }, ({ world }) =>
    Promise.resolve(Object.values(world.state.proxmox.vms).flatMap((vm) => (vm.foreign ? [] : [vm.vmId]))),
  );

const formats = (report: Report) => report.events.filter(({ kind }) => kind === "format");

test("two workers join", async () => {
  const report = await lab.run("up", { overlays: [worker(2), worker(3), TWO] });
  expect(causes(report)).toBe("");
  expect(formats(report)).toHaveLength(2);
  expect(report.events.filter(({ kind }) => kind === "bootstrap")).toEqual([]);
});

test("one retires: its copies move, and only then is the run through", async () => {
  const report = await lab.run("up", { overlays: ["nodes[1].retiring=true", worker(2), worker(3), TWO] });
  expect(causes(report)).toBe("");
  expect(report.events.filter(({ kind }) => kind === "replica-moved").length).toBeGreaterThan(0);
  await lab.during({ overlays: [worker(2), worker(3), TWO] }, ({ world }) => {
    expect(copies(world)).toHaveLength(2);
    expect(copies(world)).not.toContain("worker-1");
    return Promise.resolve();
  });
});

test("its entry goes, and with it the machine and the node, and nothing else", async () => {
  const overlays = [
    worker(2).replace("nodes[2]", "nodes[1]"),
    worker(3).replace("nodes[3]", "nodes[2]"),
    TWO,
  ];
  const report = await lab.run("up", { overlays });
  expect(causes(report)).toBe("");
  expect(await vmsOf()).toEqual([126, 128, 129]);
  await lab.during({ overlays }, ({ world }) => {
    expect(Object.keys(clusterIn(world).state.nodes).sort()).toEqual(["cp-1", "worker-2", "worker-3"]);
    expect(readData(world)).toBe("precious");
    expect(copies(world)).toHaveLength(2);
    return Promise.resolve();
  });
});

test("the cluster is as healthy to its own checks as before", async () => {
  const overlays = [
    worker(2).replace("nodes[2]", "nodes[1]"),
    worker(3).replace("nodes[3]", "nodes[2]"),
    TWO,
  ];
  const report = await lab.run("up", { overlays: [...overlays, "network.nameservers=[9.9.9.9]"] });
  expect(causes(report)).toBe("");
});
