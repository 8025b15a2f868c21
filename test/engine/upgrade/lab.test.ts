/** The lab through an upgrade of a patch, of a minor, and of the image's extensions, by nothing but `up`. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Report } from "../../../rehearsal/report.ts";
import { causes, runningBench, type Bench } from "../support/rehearse.ts";
import { copies, readData } from "../safety/support.ts";
import { IMPATIENT, mostDownAtOnce, rebootsByNode, upgradesByNode, writeAtRest } from "./support.ts";

const talos = (version: string) => [`cluster.talosVersion=${version}`, IMPATIENT];

let lab: Bench;

beforeAll(async () => {
  lab = await runningBench({ overlays: talos("v1.11.5") }, "all");
  await lab.during({ overlays: talos("v1.11.5") }, ({ world }) => writeAtRest(world, "worker-1"));
});

afterAll(() => lab.remove());

describe.each([
  ["a patch", talos("v1.11.6"), "v1.11.6", false],
  ["a minor, and Kubernetes with it", talos("v1.12.0"), "v1.12.0", true],
  [
    "a patch and an extension at once",
    [...talos("v1.12.1"), "cluster.extensions=[siderolabs/intel-ucode]"],
    "v1.12.1",
    false,
  ],
])("%s", (_what, overlays, version, movesKubernetes) => {
  let report: Report;

  test("is said by the preview, which touches nothing", async () => {
    const preview = await lab.run("preview", { overlays });
    expect(causes(preview)).toBe("");
    expect(preview.events).toEqual([]);
  });

  test("is done by up, one node after the other, and each node reboots once", async () => {
    report = await lab.run("up", { overlays });
    expect(causes(report)).toBe("");
    expect(upgradesByNode(report)).toEqual({ "cp-1": [version], "worker-1": [version] });
    expect(rebootsByNode(report)).toEqual({ "cp-1": 1, "worker-1": 1 });
    expect(mostDownAtOnce(report)).toBe(1);
    expect(report.events.filter(({ kind }) => kind === "etcd-snapshot")).toHaveLength(1);
  });

  test("moves Kubernetes only where its version changes", () => {
    const moved = report.events.some(({ kind }) => kind === "kubernetes-upgraded");
    expect(moved).toBe(movesKubernetes);
  });

  test("formats nothing, and every volume can be read all the time and is whole again", async () => {
    expect(report.events.filter(({ severity }) => severity === "catastrophe")).toEqual([]);
    const kinds = report.events.map(({ kind }) => kind);
    for (const bad of ["format", "volume-unreadable", "vm-deleted", "bootstrap"]) {
      expect(kinds).not.toContain(bad);
    }
    await lab.during({ overlays }, ({ world }) => {
      expect(readData(world)).toBe("precious");
      expect(copies(world)).toEqual(["cp-1", "worker-1"]);
      return Promise.resolve();
    });
  });

  test("is over: the next up finds nothing to do", async () => {
    const again = await lab.run("up", { overlays });
    expect(causes(again)).toBe("");
    expect(Object.keys(again.changes)).toEqual(["same"]);
  });
});
