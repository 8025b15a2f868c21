/* eslint-disable @typescript-eslint/no-unsafe-member-access -- inputs on their way to the engine have no types */
/** Whatever a provider cannot change in place it replaces: a machine whose config was applied must not go that way. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, causes, mutated, runningBench } from "../support/rehearse.ts";

let lab: Bench;
beforeAll(async () => {
  lab = await runningBench();
});
afterAll(() => lab.remove());

test.each([
  ["another kind of EFI disk", "worker-1"],
  ["the same on the control plane", "cp-1"],
])("%s, which the provider only gives to a new machine, is refused", async (_what, node) => {
  const program = await mutated({
    type: "proxmoxve:index/vmLegacy:VmLegacy",
    change: (props, name) => name.includes(node) && (props["efiDisk"].type = "2m"),
  });
  const report = await lab.run("up", { program });
  expect(causes(report)).toContain(`would replace the machine of "${node}"`);
  expect(report.events.filter(({ kind }) => kind === "vm-deleted" || kind === "vm-stopped")).toEqual([]);
});

test("so it is where nobody previews, once a run has seen the machine with its config", async () => {
  await lab.run("up");
  const program = await mutated({
    type: "proxmoxve:index/vmLegacy:VmLegacy",
    change: (props) => (props["efiDisk"].type = "2m"),
  });
  await lab.during({ program }, async ({ stack, world }) => {
    await expect(stack.up()).rejects.toThrow(/marked for protection|would replace the machine/);
    expect(world.state.events.filter(({ kind }) => kind === "vm-deleted")).toEqual([]);
  });
});

test("and the program as it is finds nothing to do", async () => {
  expect((await lab.run("up")).changes).toEqual({ same: 43 });
});
