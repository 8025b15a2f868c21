import { afterEach, expect, test } from "vitest";
import { openLab, type Lab, type MachineChanges } from "./lab.ts";

let lab: Lab | undefined;

afterEach(async () => {
  await lab?.close();
  lab = undefined;
});

const shapes: [string, MachineChanges][] = [
  [
    "a MAC address of Proxmox's choice, a VLAN and a start delay",
    { networkDevices: [{ bridge: "vmbr0", vlanId: 20 }], startup: { order: 1, upDelay: 30 } },
  ],
  ["disks in a directory", { datastore: "local" }],
  ["disks on ZFS", { datastore: "tank" }],
];

test.each(shapes)("%s: nothing to do after up, nor after a refresh", async (_, changes) => {
  lab = await openLab({ "cp-1": changes });
  lab.world.state.proxmox.hosts["pve1"]!.datastores["local"]!.content.push("images");
  await lab.up();
  expect(await lab.preview()).toEqual({ same: 4 });
  await lab.refresh();
  expect(await lab.preview()).toEqual({ same: 4 });
});
