/** A machine that HA moved after its node retired: nothing is taken from the node until a refresh has found where it is. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { TWO_COPIES, worker2 } from "../support/overlays.ts";
import { causes, runningBench, type Bench } from "../support/rehearse.ts";
import { addHosts, harm, moveVm, told } from "./hosts.ts";
import { clusterIn } from "./support.ts";

const RETIRED = [TWO_COPIES, `nodes[2]=${worker2("retiring: true")}`];

let lab: Bench;
const nodes = () =>
  lab.during({ overlays: [TWO_COPIES] }, ({ world }) =>
    Promise.resolve(Object.keys(clusterIn(world).state.nodes).sort()),
  );

beforeAll(async () => {
  lab = await runningBench({ overlays: [TWO_COPIES, `nodes[2]=${worker2()}`] });
  await lab.during({ overlays: RETIRED }, ({ world }) => addHosts(world, "pve2"));
  expect(causes(await lab.run("up", { overlays: RETIRED }))).toBe("");
  await lab.during({ overlays: RETIRED }, ({ world }) => moveVm(world, 128, "pve2"));
});
afterAll(() => lab.remove());

test("taking its entry away stops before its node leaves", async () => {
  const report = await lab.run("up", { overlays: [TWO_COPIES] });
  expect(told(report)).toContain(
    'the machine of "worker-2" (VM 128), whose entry is gone, is on pve2 now, not on pve; run `pulumi up --refresh`',
  );
  expect(harm(report)).toEqual([]);
  expect(await nodes()).toEqual(["cp-1", "worker-1", "worker-2"]);
});

test("as the advice has it, it goes", async () => {
  await lab.during({ overlays: [TWO_COPIES] }, ({ stack }) => stack.up({ refresh: true }));
  expect(await nodes()).toEqual(["cp-1", "worker-1"]);
  const report = await lab.run("preview", { overlays: [TWO_COPIES] });
  expect(Object.keys(report.changes)).toEqual(["same"]);
});
