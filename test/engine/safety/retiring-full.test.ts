/** A node retires while the disks of the others are too full for its copies: Longhorn would try for ever, so it is told at once. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { nodeFields } from "../../../rehearsal/world/longhorn/node-object.ts";
import { attachVolume, createVolume } from "../../../rehearsal/world/longhorn/volumes/volumes.ts";
import type { World } from "../../../rehearsal/world/kernel/world.ts";
import { TWO_COPIES, worker2 } from "../support/overlays.ts";
import { causes, runningBench, type Bench } from "../support/rehearse.ts";
import { clusterIn, copies, readData, writeData } from "./support.ts";

const GIB = 1024 ** 3;
const declared = (retiring: boolean) => [
  TWO_COPIES,
  `nodes[2]=${retiring ? worker2("retiring: true") : worker2()}`,
];

let lab: Bench;
const look = <T>(use: (world: World) => T) =>
  lab.during({ overlays: declared(false) }, ({ world }) => Promise.resolve(use(world)));

/** Disks of 40 GiB, of which Longhorn keeps 30 % for others, hold little more than one such volume. */
async function fill(world: World, claim: string, sizeGiB: number, node: string): Promise<void> {
  const { name } = await createVolume(clusterIn(world), { claim, sizeBytes: sizeGiB * GIB });
  await attachVolume(clusterIn(world), name, node);
  await world.commit();
}

beforeAll(async () => {
  lab = await runningBench();
  await lab.during({}, ({ world }) => fill(world, "default/large", 24, "cp-1"));
  expect(causes(await lab.run("up", { overlays: declared(false) }))).toBe("");
  await lab.during({ overlays: declared(false) }, async ({ world }) => {
    await fill(world, "default/second", 4, "worker-2");
    await writeData(world, "worker-2");
  });
});
afterAll(() => lab.remove());

test("the copies on it have no room elsewhere, and the run says which and why before it changes anything", async () => {
  expect(await look(copies)).toContain("worker-2");
  const report = await lab.run("up", { overlays: declared(true) });
  expect(report.ok).toBe(false);
  const told = report.errors.join("\n");
  expect(told).toContain("worker-2 cannot retire, for copies on it have nowhere to go");
  expect(told).toMatch(
    /volume default\/second \(pvc-[^)]+\) of 4 GiB: (cp-1 has room for [\d.]+ GiB, )?worker-1 has room for [\d.]+ GiB/,
  );
  expect(report.operations.map(({ name }) => name)).not.toContain("lab-longhorn-evacuated-worker-2");
  expect(await look((world) => nodeFields(clusterIn(world).state.longhorn!, "worker-2"))).toEqual({
    allowScheduling: true,
    evictionRequested: false,
  });
});

test("once there is room, the same command goes through", async () => {
  await lab.during({ overlays: declared(false) }, async ({ world }) => {
    const { volumes } = clusterIn(world).state.longhorn!;
    const large = Object.values(volumes).find(({ claim }) => claim === "default/large")!;
    delete volumes[large.name];
    await world.commit();
  });
  expect(causes(await lab.run("up", { overlays: declared(true) }))).toBe("");
  expect(await look(copies)).toEqual(["cp-1", "worker-1"]);
  expect(await look(readData)).toBe("precious");
});
