/** Every edit of a node's `retiring`, one after the other: none but the removal of its entry takes anything away from it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FaultInjector } from "../../../rehearsal/faults/injector.ts";
import type { Report } from "../../../rehearsal/report.ts";
import { nodeFields } from "../../../rehearsal/world/longhorn/node-object.ts";
import type { World } from "../../../rehearsal/world/kernel/world.ts";
import { TWO_COPIES, worker2 } from "../support/overlays.ts";
import { causes, runningBench, type Bench } from "../support/rehearse.ts";
import { clusterIn, copies, readData, writeData } from "./support.ts";

type Retiring = true | false | "no line";

const declared = (retiring: Retiring) => [
  TWO_COPIES,
  `nodes[2]=${retiring === "no line" ? worker2() : worker2(`retiring: ${retiring}`)}`,
];

interface Standing {
  machine: boolean;
  inKubernetes: boolean;
  open: boolean;
  evicting: boolean;
}

function standing(world: World): Standing {
  const { state } = clusterIn(world);
  const { allowScheduling, evictionRequested } = nodeFields(state.longhorn!, "worker-2");
  return {
    machine: world.state.proxmox.vms[128] !== undefined,
    inKubernetes: state.nodes["worker-2"] !== undefined,
    open: state.longhorn!.disks["worker-2"] !== undefined && allowScheduling,
    evicting: evictionRequested,
  };
}

const USED: Standing = { machine: true, inKubernetes: true, open: true, evicting: false };
const RETIRING: Standing = { machine: true, inKubernetes: true, open: false, evicting: true };
const LOST = ["vm-deleted", "disk-lost", "replica-lost"];

let lab: Bench;
const look = <T>(use: (world: World) => T, overlays = declared("no line")) =>
  lab.during({ overlays }, ({ world }) => Promise.resolve(use(world)));
const losses = ({ events }: Report) => events.filter(({ kind }) => LOST.includes(kind));

beforeAll(async () => {
  lab = await runningBench({ overlays: declared("no line") });
  await lab.during({ overlays: declared("no line") }, ({ world }) => writeData(world, "cp-1"));
});
afterAll(() => lab.remove());

describe.each<Retiring[]>([
  [true, false, "no line"],
  [true, "no line"],
  [false, true, false, true, "no line"],
])("edited to %s, %s, ...", (...edits) => {
  test.each(edits.map((retiring, index) => [index + 1, retiring] as const))(
    "edit %i: %s",
    async (_number, retiring) => {
      const report = await lab.run("up", { overlays: declared(retiring) });
      expect(causes(report)).toBe("");
      expect(losses(report)).toEqual([]);
      expect(await look(standing)).toEqual(retiring === true ? RETIRING : USED);
      expect(await look(readData)).toBe("precious");
    },
  );

  test("and then nothing is left to do", async () => {
    const report = await lab.run("preview", { overlays: declared(edits.at(-1)!) });
    expect(Object.keys(report.changes)).toEqual(["same"]);
  });
});

describe("its entry", () => {
  test.each(["preview", "up"] as const)("may not go in one step: %s", async (command) => {
    const report = await lab.run(command, { overlays: [TWO_COPIES] });
    expect(report.ok).toBe(false);
    expect(report.errors.join("\n")).toContain('the entry of "worker-2" is gone');
    expect(losses(report)).toEqual([]);
    expect(await look(standing)).toEqual(USED);
  });

  test("nor after it was told to stay", async () => {
    for (const retiring of [true, false] as const)
      expect(causes(await lab.run("up", { overlays: declared(retiring) }))).toBe("");
    const report = await lab.run("up", { overlays: [TWO_COPIES] });
    expect(report.errors.join("\n")).toContain('the entry of "worker-2" is gone');
    expect(await look(standing)).toEqual(USED);
  });

  test("goes once it has retired, in two runs when the first is cut off, and the node's object with its machine", async () => {
    expect(causes(await lab.run("up", { overlays: declared(true) }))).toBe("");
    const shutdown = {
      at: "proxmox POST /nodes/pve/qemu/128/status/shutdown",
      kind: "fail" as const,
      times: 1,
    };
    const { intercept } = new FaultInjector({ faults: [shutdown] });
    expect((await lab.run("up", { overlays: [TWO_COPIES], intercept })).ok).toBe(false);
    // Everything else of the node is gone by then, what said that it may go as well.
    const report = await lab.run("up", { overlays: [TWO_COPIES] });
    expect(causes(report)).toBe("");
    expect(report.events.filter(({ kind }) => kind === "vm-deleted")).toHaveLength(1);
    await look(
      (world) => {
        expect(standing(world)).toEqual({
          machine: false,
          inKubernetes: false,
          open: false,
          evicting: false,
        });
        expect(Object.keys(clusterIn(world).state.nodes).sort()).toEqual(["cp-1", "worker-1"]);
        expect(copies(world)).toEqual(["cp-1", "worker-1"]);
      },
      [TWO_COPIES],
    );
  });

  test("comes back under the same name, with its new disk in use", async () => {
    const report = await lab.run("up", { overlays: declared("no line") });
    expect(causes(report)).toBe("");
    expect(report.events.filter(({ kind }) => kind === "format")).toHaveLength(1);
    expect(await look(standing)).toEqual(USED);
    const preview = await lab.run("preview", { overlays: declared("no line") });
    expect(Object.keys(preview.changes)).toEqual(["same"]);
  });

  test("and that one has not retired", async () => {
    const report = await lab.run("preview", { overlays: [TWO_COPIES] });
    expect(report.errors.join("\n")).toContain('the entry of "worker-2" is gone, which would delete VM 128');
  });
});
