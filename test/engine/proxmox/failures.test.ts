import { afterEach, expect, test } from "vitest";
import { registerSchematic } from "../../../rehearsal/world/factory/images.ts";
import { openLab, type Lab } from "./lab.ts";

let lab: Lab | undefined;

afterEach(async () => {
  await lab?.close();
  lab = undefined;
});

const refusals = (one: Lab): string[] =>
  one.world.state.events.filter(({ kind }) => kind === "request-refused").map(({ text }) => text);

test("an image of a schematic that the factory does not know", async () => {
  lab = await openLab();
  lab.settings.url = lab.settings.url.replace("88d1", "77d1");
  expect(await lab.failure()).toContain("invalid server response: '404 Not Found'");
  expect(Object.keys(lab.world.state.proxmox.vms)).toEqual(["900"]);
});

test("an image with an extension that does not exist", async () => {
  lab = await openLab();
  const id = registerSchematic(
    lab.world,
    "customization: {systemExtensions: {officialExtensions: [siderolabs/iscsi]}}",
  );
  lab.settings.url = lab.settings.url.replace(/image\/[0-9a-f]+/, `image/${id}`);
  expect(await lab.failure()).toContain("invalid server response: '400 Bad Request'");
});

test("a datastore without import content", async () => {
  lab = await openLab();
  const { content } = lab.world.state.proxmox.hosts["pve1"]!.datastores["local"]!;
  content.splice(content.indexOf("import"), 1);
  expect(await lab.failure()).toContain("storage 'local' is not configured for content-type 'import'");
});

test("a datastore that does not exist", async () => {
  lab = await openLab();
  lab.settings.imageDatastore = "nvme";
  expect(await lab.failure()).toContain("storage 'nvme' does not exist");
});

test("a host that does not exist", async () => {
  lab = await openLab({ "cp-1": { nodeName: "pve9" } });
  expect(await lab.failure()).toContain("hostname lookup 'pve9' failed");
});

test("an image that is on another host", async () => {
  lab = await openLab({ "cp-1": { nodeName: "pve2" } });
  expect(await lab.failure()).toContain("volume 'local:import/talos.qcow2' does not exist");
});

test("a wrong token", async () => {
  lab = await openLab();
  lab.settings.token = "rehearsal@pve!homelab=00000000-0000-0000-0000-000000000002";
  expect(await lab.failure()).toContain("invalid token value!");
  expect(refusals(lab).join()).not.toContain("000000000001");
});

test("a disk smaller than the image in it", async () => {
  lab = await openLab({ "cp-1": { osGiB: 1 } });
  expect(await lab.failure()).toContain("shrinking disks is not supported");
});

test("more memory than the host has", async () => {
  lab = await openLab({ "cp-1": { memory: { dedicated: 65536 } } });
  expect(await lab.failure()).toContain("Cannot allocate memory");
});

test("an address in use: Proxmox accepts it, the machine runs, and the record says why nothing will reach it", async () => {
  lab = await openLab({
    "cp-1": {
      initialization: {
        datastoreId: "local-lvm",
        ipConfigs: [{ ipv4: { address: "192.168.1.50/24", gateway: "192.168.1.1" } }],
      },
    },
  });
  await lab.up();
  const conflicts = lab.world.state.events.filter(({ kind }) => kind === "network-conflict");
  expect(conflicts.map(({ text }) => text)).toEqual([
    "IP address 192.168.1.50 of cp-1 (VM 100) is in use by nas (VM 900 on pve1)",
  ]);
});

// The provider takes "already exists" on its second try for its own first try's success (bpg: vms.go, CreateVM).
test("an id in use on another host fails, and the refusal is on record", async () => {
  lab = await openLab({ "cp-1": {}, "worker-1": { vmId: 900, nodeName: "pve2" } });
  expect(await lab.failure()).toContain(
    "Configuration file 'nodes/pve2/qemu-server/900.conf' does not exist",
  );
  expect(refusals(lab)).toContainEqual(expect.stringContaining("VM 900 already exists on node 'pve1'"));
});

test("an id in use on the same host: the provider takes the other machine for its own, and destroys it", async () => {
  lab = await openLab({ "cp-1": {}, "worker-1": { vmId: 900 } });
  expect(await lab.failure()).toContain("shrinking disks is not supported");
  expect(refusals(lab)).toContainEqual(expect.stringContaining("VM 900 already exists on node 'pve1'"));
  await lab.destroy();
  const catastrophes = lab.world.state.events.filter(({ severity }) => severity === "catastrophe");
  expect(catastrophes.map(({ text }) => text)).toContain(
    "The program deleted nas (VM 900 on pve1), a machine that is not this program's",
  );
});
