/** Longhorn from minor to minor by nothing but `up`, with data in a volume: no step too large, and none while a copy is missing. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { clearFault, setFault } from "../../../rehearsal/world/kernel/faults.ts";
import { assess, failReplica } from "../../../rehearsal/world/longhorn/volumes/copies.ts";
import { volumeOfClaim } from "../../../rehearsal/world/longhorn/volumes/volumes.ts";
import { causes, runningBench, type Bench } from "../support/rehearse.ts";
import { CLAIM, clusterIn, copies, readData, writeData } from "../safety/support.ts";

const version = (chart: string, ...more: string[]) => [`longhorn.version=${chart}`, ...more];
const OLDEST = version("1.10.2");

let lab: Bench;

beforeAll(async () => {
  lab = await runningBench({ overlays: OLDEST });
  await lab.during({ overlays: OLDEST }, ({ world }) => writeData(world, "worker-1"));
});

afterAll(() => lab.remove());

async function runs(chart: string): Promise<void> {
  await lab.during({ overlays: OLDEST }, ({ world }) => {
    expect(clusterIn(world).state.longhorn?.version).toBe(chart);
    expect([readData(world), copies(world)]).toEqual(["precious", ["cp-1", "worker-1"]]);
    return Promise.resolve();
  });
}

test.each(["preview", "up"] as const)("a minor is not skipped: %s", async (command) => {
  const report = await lab.run(command, { overlays: version("1.12.1") });
  expect(report.ok).toBe(false);
  expect(report.errors.join("\n")).toContain(
    'homelab:longhorn.version: 1.10.2 runs, and "1.12.1" skips a minor, which Longhorn refuses; set 1.11.3, `up`, then go on to 1.12.1',
  );
  expect(report.events).toEqual([]);
});

test("to the next minor, and the volume is whole afterwards", async () => {
  const report = await lab.run("up", { overlays: version("1.11.3") });
  expect(causes(report)).toBe("");
  const done = report.operations.map(({ op, name }) => `${op} ${name}`);
  expect(done).toContain("update lab-longhorn-release");
  expect(done).toContain("update lab-longhorn-copies-whole");
  await runs("1.11.3");
});

test("not while a copy is missing: it says which, and everything stays as it is", async () => {
  await lab.during({ overlays: OLDEST }, async ({ world }) => {
    const cluster = clusterIn(world);
    const volume = volumeOfClaim(cluster, CLAIM)!;
    setFault(world, "volume-does-not-heal", volume.name);
    const replica = volume.replicas.find(({ node }) => node === "cp-1")!;
    failReplica(cluster, volume, replica, world.clock.now());
    assess(cluster, volume);
    await world.commit();
  });
  const report = await lab.run("up", { overlays: version("1.12.1", "upgrade.timeouts.healthy=3") });
  expect(report.ok).toBe(false);
  const told = report.errors.join("\n");
  expect(told).toContain(
    "Longhorn: it was not upgraded from 1.11.3 to 1.12.1, because not every volume was whole in time (3 s",
  );
  expect(told).toMatch(new RegExp(`volume ${CLAIM} \\(pvc-[^)]+\\) is degraded, not healthy`));
  expect(report.events.filter(({ kind }) => kind.startsWith("release-"))).toEqual([]);
});

test("and once it has healed, the same `up` goes through", async () => {
  await lab.during({ overlays: OLDEST }, async ({ world }) => {
    clearFault(world, "volume-does-not-heal");
    await world.commit();
  });
  const report = await lab.run("up", { overlays: version("1.12.1") });
  expect(causes(report)).toBe("");
  await runs("1.12.1");
  const again = await lab.run("up", { overlays: version("1.12.1") });
  expect(again.operations).toEqual([]);
});

test("never back", async () => {
  const report = await lab.run("preview", { overlays: version("1.11.3") });
  expect(report.errors.join("\n")).toContain('1.12.1 runs, and "1.11.3" is older, which Longhorn refuses');
});
