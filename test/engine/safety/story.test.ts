/**
 * A lab with data in a volume lives through a year of changes: its worker is replaced on purpose, its control plane reboots, a
 * disk of the wrong size turns up, and its config changes. The data is looked for at the end of each.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Report } from "../../../rehearsal/report.ts";
import { reboot } from "../../../rehearsal/world/talos/lifecycle.ts";
import { TWO_COPIES, worker2 } from "../support/overlays.ts";
import { bench, causes, type Bench } from "../support/rehearse.ts";
import { addDisk, copies, readData, writeData } from "./support.ts";

const BEFORE = [`nodes[2]=${worker2()}`, TWO_COPIES];
const AFTER = [`nodes[1]=${worker2()}`];

let lab: Bench;
const reports: Report[] = [];

async function up(overlays: string[]): Promise<Report> {
  const report = await lab.run("up", { overlays });
  reports.push(report);
  expect(causes(report)).toBe("");
  return report;
}

async function expectData(overlays: string[], nodes: string[]): Promise<void> {
  await lab.during({ overlays }, ({ world }) => {
    expect(readData(world)).toBe("precious");
    expect(copies(world)).toEqual(nodes);
    return Promise.resolve();
  });
}

beforeAll(async () => {
  lab = await bench();
  await up([]);
  await lab.during({}, ({ world }) => writeData(world, "cp-1"));
});

afterAll(() => lab.remove());

test("the worker is replaced on purpose: a successor joins, it retires, its entry goes", async () => {
  await up(BEFORE);
  await up([...BEFORE, "nodes[1].retiring=true"]);
  await expectData(BEFORE, ["cp-1", "worker-2"]);
  await up(AFTER);
  await expectData(AFTER, ["cp-1", "worker-2"]);
});

test("the control plane reboots", async () => {
  await lab.during({ overlays: AFTER }, async ({ world }) => {
    await reboot(world, 126, "somebody pressed the button");
    await world.clock.sleep(300);
    await world.settle();
    await world.commit();
  });
  await up(AFTER);
  await expectData(AFTER, ["cp-1", "worker-2"]);
});

test("a disk of the wrong size turns up, and a config change goes through beside it", async () => {
  await lab.during({ overlays: AFTER }, ({ world }) => addDisk(world, 128, 39));
  await up([...AFTER, "network.nameservers=[9.9.9.9, 192.168.1.1]"]);
  await expectData(AFTER, ["cp-1", "worker-2"]);
});

test("in all of it each data disk was formatted once, and no other disk at all", () => {
  const formats = reports.flatMap(({ events }) => events).filter(({ kind }) => kind === "format");
  const disks = formats.map(({ detail }) => String(detail?.["diskId"]));
  expect(formats).toHaveLength(3);
  expect(new Set(disks).size).toBe(3);
  expect(formats.every(({ severity }) => severity === "info")).toBe(true);
});
