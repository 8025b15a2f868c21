/** Talos took a node's first config and nobody heard of it: its disk is formatted, whatever the state says of the application. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { FaultInjector } from "../../../rehearsal/faults/injector.ts";
import { bench, causes, type Bench } from "../support/rehearse.ts";

let lab: Bench;
let formats = 0;
beforeAll(async () => {
  lab = await bench();
  const at = "talos create lab-talos-worker-1-config";
  const injector = new FaultInjector({ faults: [{ at, kind: "lose-reply", times: 1 }] });
  const report = await lab.run("up", { intercept: injector.intercept });
  expect(injector.injected).toHaveLength(1);
  expect(report.ok).toBe(false);
  formats = report.events.filter(({ kind }) => kind === "format").length;
});
afterAll(() => lab.remove());

test.each([
  ["a smaller data disk", "nodes[1].dataDisk.sizeGiB=30", "would shrink from 40 GiB"],
  ["another id", "nodes[1].vmId=130", "would replace its machine and lose all of its disks"],
  [
    "another address",
    "nodes[1].address=192.168.1.130",
    "would leave the running node without a config for it",
  ],
])("%s is refused as for any node that may hold data", async (_name, overlay, told) => {
  const report = await lab.run("preview", { overlays: [overlay] });
  expect(report.ok).toBe(false);
  expect(report.errors.join("\n")).toContain(told);
});

test("and the same `up` again finishes it, formatting nothing twice", async () => {
  const report = await lab.run("up");
  expect(causes(report)).toBe("");
  expect(formats + report.events.filter(({ kind }) => kind === "format").length).toBe(2);
});
