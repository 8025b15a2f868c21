/** Somebody lives in the cluster from its first `up` on, and is no matter for the program. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { volumeOfClaim } from "../../../rehearsal/world/longhorn/volumes/volumes.ts";
import { clusterIn } from "../safety/support.ts";
import { bench, causes, type Bench } from "../support/rehearse.ts";

let lab: Bench;

beforeAll(async () => {
  lab = await bench("lab", "all");
});

afterAll(() => lab.remove());

test("moves in once an up has succeeded, and the next one has nothing to do", async () => {
  expect(causes(await lab.run("up", { inhabited: true }))).toBe("");
  await lab.during({}, ({ world }) => {
    const cluster = clusterIn(world);
    const volume = volumeOfClaim(cluster, "household/photos");
    expect(volume).toMatchObject({ robustness: "healthy", sizeBytes: 23 * 1024 ** 3 });
    const pods = Object.values(cluster.state.pods).filter(({ namespace }) => namespace === "household");
    expect(pods).toMatchObject([{ phase: "running", node: volume?.attachedTo }]);
    return Promise.resolve();
  });
  const again = await lab.run("up", { inhabited: true });
  expect(causes(again)).toBe("");
  expect(again.operations).toEqual([]);
});

test("moves out before a destroy, which leaves nothing", async () => {
  const report = await lab.run("destroy", { inhabited: true, overlays: ["protect=false"] });
  expect(causes(report)).toBe("");
  expect(report.events.filter(({ severity }) => severity === "catastrophe")).toEqual([]);
});
