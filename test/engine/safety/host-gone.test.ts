/** A host goes for good, and HA starts its machine elsewhere, from a datastore that all hosts share: a run follows it there. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { recoverByHa, switchOffHost } from "../../../rehearsal/world/proxmox/qemu/migrate.ts";
import { bench, causes, type Bench } from "../support/rehearse.ts";
import {
  addHosts,
  expectFollowed,
  expectRefused,
  harm,
  host,
  image,
  runsOn,
  shareDatastore,
  told,
} from "./hosts.ts";

let lab: Bench;

const SHARED = ["proxmox.diskDatastore=ceph"];
beforeAll(async () => {
  lab = await bench("lab", "all");
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
  expect(harm(report)).toEqual([]);
});

test("once seen it is refused, and nothing is made on the host that is gone", async () => {
  expect(told(await lab.run("refresh", { overlays: [...SHARED, host(1, "pve2")] }))).toBe("");
  await expectRefused(lab, [...SHARED, host(1, "pve2")], runsOn("worker-1", "pve3", "pve2"));
});

test("followed, everything is whole again while that host stays off", async () => {
  await expectFollowed(lab, [...SHARED, host(1, "pve3")], [`create ${image("pve3")}`]);
});
