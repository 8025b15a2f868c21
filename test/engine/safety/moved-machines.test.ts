/**
 * Machines that HA or somebody moved to another host: a run follows them where the config does, refuses where it does not,
 * and never moves, stops or replaces one, protected or not.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recoverByHa, switchOffHost } from "../../../rehearsal/world/proxmox/migrate.ts";
import type { Report } from "../../../rehearsal/report.ts";
import { bench, causes, type Bench } from "../support/rehearse.ts";
import { addHosts, moveVm, shareDatastore } from "./hosts.ts";
import { readData, writeData } from "./support.ts";

const HARM = /^vm-|^disk-|^format$|^image-|^replica-lost$/;

let lab: Bench;

const host = (index: number, name: string) => `nodes[${index}].host=${name}`;
const told = (report: Report): string => report.errors.join("\n");
const done = (report: Report): string[] =>
  report.operations
    .filter(({ ok, type }) => ok && type.startsWith("proxmoxve:"))
    .map(({ op, name }) => `${op} ${name}`);

/** Refused in a preview and in a run, there without `protect`, and nothing happens to any machine. */
async function expectRefused(overlays: string[], ...lines: string[]): Promise<void> {
  for (const command of ["preview", "up"] as const) {
    const report = await lab.run(command, { overlays: [...overlays, `protect=${command === "preview"}`] });
    expect(report.ok).toBe(false);
    for (const line of lines) expect(told(report)).toContain(line);
    expect(report.operations.filter(({ op }) => /replace|delete/.test(op))).toEqual([]);
    expect(report.events.filter(({ kind }) => HARM.test(kind))).toEqual([]);
  }
}

/** The only thing left to do, if any, is an image; after it nothing is, with a refresh and without. */
async function expectFollowed(overlays: string[], operations: string[]): Promise<void> {
  const up = await lab.run("up", { overlays });
  expect(causes(up)).toBe("");
  expect(done(up).sort()).toEqual(operations);
  expect(up.events.filter(({ kind }) => HARM.test(kind) && !kind.startsWith("image-"))).toEqual([]);
  const settled = async () => Object.keys((await lab.run("preview", { overlays })).changes);
  expect(await settled()).toEqual(["same"]);
  expect(told(await lab.run("refresh", { overlays }))).toBe("");
  expect(await settled()).toEqual(["same"]);
}

const runsOn = (node: string, known: string, written: string, vmId = 127) =>
  `"${node}" (VM ${vmId}) runs on ${known} now, and "${written}" is written; write "${known}", or move it to ${written} by hand`;

const image = (name: string) => `lab-proxmox-image-${name}-file`;
const refresh = async () => expect(told(await lab.run("refresh"))).toBe("");
const move = (vmId: number, target: string) => lab.during({}, ({ world }) => moveVm(world, vmId, target));

describe("with disks of their own", () => {
  beforeAll(async () => {
    lab = await bench();
    await lab.during({}, ({ world }) => addHosts(world, "pve2", "pve3"));
    expect(causes(await lab.run("up"))).toBe("");
    await lab.during({}, ({ world }) => writeData(world, "cp-1"));
  });
  afterAll(() => lab.remove());

  test("another host on purpose is refused, with the way by hand", async () => {
    await expectRefused([host(1, "pve3")], runsOn("worker-1", "pve", "pve3"), "qm migrate 127 pve3 --online");
    await expectRefused([host(0, "pve2")], runsOn("cp-1", "pve", "pve2", 126));
  });

  test("one that was moved there and back is no matter", async () => {
    await move(127, "pve2");
    await move(127, "pve");
    await expectFollowed([], []);
  });

  test("one that moved unseen stops changes of every machine, before the first", async () => {
    await move(127, "pve2");
    for (const change of ["nodes[0].cores=3", "nodes[1].cores=3"]) {
      const report = await lab.run("up", { overlays: [change] });
      expect(told(report)).toContain(
        '"worker-1" (VM 127) is on pve2 now, not on pve; run `pulumi up --refresh`',
      );
      expect(report.events.filter(({ kind }) => HARM.test(kind))).toEqual([]);
    }
    // Nor is the host followed that the state does not know yet.
    await expectRefused([host(1, "pve2")], "`pulumi up --refresh` finds it where it is");
  });

  test("once seen it is refused where the config has not followed, or names a third host", async () => {
    await refresh();
    await expectRefused([], runsOn("worker-1", "pve2", "pve"));
    await expectRefused([host(1, "pve3")], runsOn("worker-1", "pve2", "pve3"));
    await expectRefused(["nodes[1].cores=3"], runsOn("worker-1", "pve2", "pve"));
  });

  test("where the config has followed, the image of that host is all that comes", async () => {
    await expectFollowed([host(1, "pve2")], [`create ${image("pve2")}`]);
  });

  test("moved back by hand, it is followed back, and the image goes", async () => {
    await move(127, "pve");
    await refresh();
    await expectRefused([host(1, "pve2")], runsOn("worker-1", "pve", "pve2"));
    await expectFollowed([], [`delete ${image("pve2")}`]);
  });

  test("two at once are both followed", async () => {
    await move(126, "pve2");
    await move(127, "pve3");
    await refresh();
    await expectRefused([], 'now, and "pve" is written');
    await expectRefused([host(0, "pve2")], runsOn("worker-1", "pve3", "pve"));
    await expectFollowed(
      [host(0, "pve2"), host(1, "pve3")],
      [`create ${image("pve2")}`, `create ${image("pve3")}`, `delete ${image("pve")}`],
    );
    await lab.during({}, ({ world }) => Promise.resolve(expect(readData(world)).toBe("precious")));
  });
});

describe("on a datastore that all hosts share, when a host goes for good", () => {
  const SHARED = ["proxmox.diskDatastore=ceph"];
  beforeAll(async () => {
    lab = await bench();
    await lab.during({}, async ({ world }) => {
      await addHosts(world, "pve2", "pve3");
      await shareDatastore(world, "ceph");
    });
    expect(causes(await lab.run("up", { overlays: [...SHARED, host(1, "pve2")] }))).toBe("");
    await lab.during({}, async ({ world }) => {
      await switchOffHost(world, "pve2");
      await recoverByHa(world, 127, "pve3");
    });
  });
  afterAll(() => lab.remove());

  test("what HA did unseen stops changes", async () => {
    const report = await lab.run("up", { overlays: [...SHARED, host(1, "pve2"), "nodes[0].cores=3"] });
    expect(told(report)).toContain(
      '"worker-1" (VM 127) is on pve3 now, not on pve2; run `pulumi up --refresh`',
    );
    expect(report.events.filter(({ kind }) => HARM.test(kind))).toEqual([]);
  });

  test("once seen it is refused, and nothing is made on the host that is gone", async () => {
    expect(told(await lab.run("refresh", { overlays: [...SHARED, host(1, "pve2")] }))).toBe("");
    await expectRefused([...SHARED, host(1, "pve2")], runsOn("worker-1", "pve3", "pve2"));
  });

  test("followed, everything is whole again while that host stays off", async () => {
    await expectFollowed([...SHARED, host(1, "pve3")], [`create ${image("pve3")}`]);
  });
});
