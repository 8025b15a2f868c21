/** A data disk that grows: resized in place, its node rebooted once, the volume found again by its label. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { health } from "../../../rehearsal/world/longhorn/health.ts";
import { type Bench, causes, runningBench } from "../support/rehearse.ts";
import { clusterIn, readData, writeData } from "./support.ts";

const GIB = 1024 ** 3;
let lab: Bench;

beforeAll(async () => {
  lab = await runningBench();
  await lab.during({}, ({ world }) => writeData(world, "worker-1"));
});

afterAll(() => lab.remove());

test("grows in place, with one reboot of its own node and nothing formatted", async () => {
  const report = await lab.run("up", { overlays: ["nodes[1].dataDisk.sizeGiB=50"] });
  expect(causes(report)).toBe("");
  const kinds = (kind: string) => report.events.filter((event) => event.kind === kind);
  expect(kinds("disk-resized").map(({ detail }) => detail?.["to"])).toEqual([50 * GIB]);
  expect(kinds("boot").map(({ subject }) => subject)).toEqual(["worker-1"]);
  expect(kinds("format")).toEqual([]);
  expect(report.operations.filter(({ op }) => op.includes("replace")).map(({ type }) => type)).toEqual(
    expect.not.arrayContaining([expect.stringContaining("VmLegacy")]),
  );
});

test("Longhorn has the new room, and the data is where it was", async () => {
  await lab.during({ overlays: ["nodes[1].dataDisk.sizeGiB=50"] }, ({ world }) => {
    const { nodes, problems } = health(clusterIn(world));
    expect(problems).toEqual([]);
    const sizes = Object.fromEntries(nodes.map(({ name, sizeBytes }) => [name, Math.ceil(sizeBytes / GIB)]));
    expect(sizes).toEqual({ "cp-1": 40, "worker-1": 50 });
    expect(readData(world)).toBe("precious");
    return Promise.resolve();
  });
});

test("the next run has nothing to do", async () => {
  const report = await lab.run("up", { overlays: ["nodes[1].dataDisk.sizeGiB=50"] });
  expect(causes(report)).toBe("");
  expect(report.operations).toEqual([]);
});
