/** From one control plane to three, and not back at once. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, causes, runningBench } from "../support/rehearse.ts";
import { clusterIn, copies, deleteVm, readData, writeData } from "./support.ts";

const CP = (number: number) =>
  `{name: cp-${number}, role: controlplane, host: pve, vmId: ${130 + number}, address: 192.168.1.${130 + number}, osDisk: {sizeGiB: 32}, dataDisk: {sizeGiB: 40}}`;
const THREE = [`nodes[2]=${CP(2)}`, `nodes[3]=${CP(3)}`, "longhorn.replicaCount=2"];

let lab: Bench;

beforeAll(async () => {
  lab = await runningBench();
  await lab.during({}, ({ world }) => writeData(world, "worker-1"));
});

afterAll(() => lab.remove());

test("two control planes join the one there is, without a second bootstrap", async () => {
  const report = await lab.run("up", { overlays: THREE });
  expect(causes(report)).toBe("");
  expect(report.events.filter(({ kind }) => kind === "bootstrap")).toEqual([]);
  expect(report.events.filter(({ kind }) => kind === "format")).toHaveLength(2);
  await lab.during({ overlays: THREE }, ({ world }) => {
    expect(Object.keys(clusterIn(world).state.etcd)).toHaveLength(3);
    expect([readData(world), copies(world)]).toEqual(["precious", ["cp-1", "worker-1"]]);
    return Promise.resolve();
  });
});

test("taking two away again is refused in the preview", async () => {
  const report = await lab.run("preview");
  expect(report.ok).toBe(false);
  expect(report.errors.join("\n")).toContain('the entry of "cp-2" is gone, which would delete VM 132');
  expect(report.events).toEqual([]);
});

test("one of three that was deleted by hand joins again, without a second bootstrap", async () => {
  await lab.during({ overlays: THREE }, ({ world }) => deleteVm(world, 132));
  expect((await lab.run("refresh", { overlays: THREE })).errors).toEqual([]);
  const up = await lab.run("up", { overlays: THREE });
  const harm = up.events.filter(({ kind, severity }) => kind === "bootstrap" || severity === "catastrophe");
  expect(harm).toEqual([]);
  await lab.during({ overlays: THREE }, ({ world }) => {
    const { etcd, nodes } = clusterIn(world).state;
    expect(
      Object.values(etcd)
        .map(({ vmId }) => vmId)
        .sort(),
    ).toEqual([126, 132, 133]);
    expect(nodes["cp-2"]?.vmId).toBe(132);
    expect(readData(world)).toBe("precious");
    return Promise.resolve();
  });
});
