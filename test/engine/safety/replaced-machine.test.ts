/* eslint-disable @typescript-eslint/no-unsafe-member-access -- inputs on their way to the engine have no types */
/** Whatever a provider cannot change in place it replaces: a machine whose config was applied must not go that way. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deleteVm } from "./support.ts";
import { causes, mutated, runningBench, type Bench } from "../support/rehearse.ts";

let lab: Bench;
beforeAll(async () => {
  lab = await runningBench();
});
afterAll(() => lab.remove());

const otherEfiDisk = (node: string) =>
  mutated({
    type: "proxmoxve:index/vmLegacy:VmLegacy",
    change: (props, name) => name.includes(node) && (props["efiDisk"].type = "2m"),
  });
const HARM = ["vm-deleted", "vm-stopped", "disk-lost"];

// Right after the bring-up, when Pulumi protects no machine yet.
test.each([[[]], [["protect=false"]]])(
  "nobody previews, overlays %j: the guard is first",
  async (overlays) => {
    await lab.during({ program: await otherEfiDisk("worker-1"), overlays }, async ({ stack, world }) => {
      const before = world.state.events.length;
      await expect(stack.up()).rejects.toThrow(/would replace the machine of "worker-1"/);
      const events = world.state.events.slice(before);
      expect(events.filter(({ kind }) => HARM.includes(kind))).toEqual([]);
    });
  },
);

test.each([
  ["another kind of EFI disk", "worker-1"],
  ["the same on the control plane", "cp-1"],
])("%s, which the provider only gives to a new machine, is refused", async (_what, node) => {
  const program = await otherEfiDisk(node);
  const report = await lab.run("up", { program });
  expect(causes(report)).toContain(`would replace the machine of "${node}"`);
  expect(report.events.filter(({ kind }) => kind === "vm-deleted" || kind === "vm-stopped")).toEqual([]);
});

test("once a run has seen the machine with its config, by Pulumi's own protection as well", async () => {
  await lab.run("up");
  await lab.during({ program: await otherEfiDisk("") }, async ({ stack, world }) => {
    await expect(stack.up()).rejects.toThrow(/marked for protection|would replace the machine/);
    expect(world.state.events.filter(({ kind }) => kind === "vm-deleted")).toEqual([]);
  });
});

test("and the program as it is finds nothing to do", async () => {
  expect((await lab.run("up")).changes).toEqual({ same: 40 });
});

describe("a machine that is gone from Proxmox", () => {
  // Nothing but the guard stands against it then.
  const overlays = ["protect=false", "upgrade.timeouts.volumes=5"];
  beforeAll(async () => {
    await lab.run("up", { overlays });
    await lab.during({}, ({ world }) => deleteVm(world, 127));
  });

  // The second half of a replacement would delete what the first one has made under the same id.
  test("is not replaced either while the state does not know", async () => {
    await lab.during({ program: await otherEfiDisk("worker-1"), overlays }, async ({ stack, world }) => {
      const before = world.state.events.length;
      await expect(stack.up()).rejects.toThrow(/would replace the machine of "worker-1"/);
      const events = world.state.events.slice(before);
      expect(events.filter(({ kind }) => kind.startsWith("vm-"))).toEqual([]);
    });
  });

  test("is made again by one `up --refresh`, its preview included", async () => {
    await lab.during({ overlays }, async ({ stack, world }) => {
      const before = world.state.events.length;
      await stack.preview({ refresh: true });
      // It ends at Longhorn, which never takes an empty disk for the one that it knew there.
      const told = await stack.up({ refresh: true }).then(
        () => "",
        (error: Error) => error.message,
      );
      expect(told).not.toContain("would replace the machine");
      const events = world.state.events.slice(before);
      expect(events.filter(({ kind }) => kind === "vm-created")).toHaveLength(1);
      expect(events.filter(({ kind }) => kind === "vm-deleted" || kind === "bootstrap")).toEqual([]);
      expect(events.some(({ kind, subject }) => kind === "node-ready" && subject === "worker-1")).toBe(true);
    });
  });
});
