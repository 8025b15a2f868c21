/** What the real provider does with a machine that somebody moved, when nobody stops it: the reason for the host guard. */
import { afterEach, expect, test } from "vitest";
import { download } from "../../../rehearsal/world/proxmox/storage/files.ts";
import { migrate } from "../../../rehearsal/world/proxmox/qemu/migrate.ts";
import { IMAGE_URL } from "../../support/world/proxmox.ts";
import { openLab, type Lab, type MachineChanges } from "./lab.ts";

let lab: Lab | undefined;
afterEach(() => lab?.close());

async function moved(changes: MachineChanges): Promise<Lab> {
  lab = await openLab({ "cp-1": changes, "worker-1": changes });
  await lab.up();
  // So that a replacement finds its image there as well.
  await download(lab.world, "pve2", "local", {
    content: "import",
    fileName: "talos.qcow2",
    url: IMAGE_URL,
  }).run();
  for (const vmId of [100, 101]) {
    const request = { target: "pve2", online: true, withLocalDisks: true };
    await migrate(lab.world, "pve1", vmId, request).run();
  }
  return lab;
}

const hosts = (one: Lab) => [100, 101].map((vmId) => one.world.state.proxmox.vms[vmId]?.host);

test("with `migrate`, it moves all of them back at once, after a refresh and an unchanged config", async () => {
  const one = await moved({ migrate: true });
  expect(await one.refresh()).toMatchObject({ update: 2 });
  expect(hosts(one)).toEqual(["pve2", "pve2"]);
  expect(await one.up()).toMatchObject({ update: 2 });
  expect(hosts(one)).toEqual(["pve1", "pve1"]);
});

test("with `migrate`, a config that follows leaves them where they are", async () => {
  const one = await moved({ migrate: true });
  await one.refresh();
  for (const machine of Object.values(one.settings.machines)) machine.nodeName = "pve2";
  expect(await one.preview()).toEqual({ same: 5 });
});

test("with `migrate` and no refresh, a change goes to the old host and fails", async () => {
  const one = await moved({ migrate: true });
  one.settings.machines["worker-1"] = { migrate: true, description: "changed" };
  expect(await one.failure()).toContain("does not exist");
});

test("without it, they would be replaced, and their disks lost", async () => {
  const one = await moved({});
  await one.refresh();
  expect(await one.preview()).toMatchObject({ replace: 2 });
});
