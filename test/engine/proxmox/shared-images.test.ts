/** Boot images on a datastore that all hosts share, such as an NFS export: each host downloads its own at the same time. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { addHosts, done, host, image, shareDatastore } from "../safety/hosts.ts";
import { bench, causes, type Bench } from "../support/rehearse.ts";

const overlays = ["proxmox.imageDatastore=nas", host(1, "pve2")];

let lab: Bench;
beforeAll(async () => {
  lab = await bench();
  await lab.during({}, async ({ world }) => {
    await addHosts(world, "pve2");
    await shareDatastore(world, "nas", "import");
  });
});
afterAll(() => lab.remove());

test("are in nobody's way", async () => {
  const report = await lab.run("up", { overlays });
  expect(causes(report)).toBe("");
  expect(done(report)).toEqual(expect.arrayContaining([`create ${image("pve")}`, `create ${image("pve2")}`]));
});

test("and go with the last machine of their host", async () => {
  expect(causes(await lab.run("destroy", { overlays: [...overlays, "protect=false"] }))).toBe("");
});
