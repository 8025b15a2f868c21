import { expect, test } from "vitest";
import { registerSchematic } from "../../../../rehearsal/world/factory/images.ts";
import { deleteFile, download, queryUrl } from "../../../../rehearsal/world/proxmox/storage/files.ts";
import {
  fixture,
  HARDWARE,
  IMAGE_URL,
  kinds,
  refusal,
  SCHEMATIC,
  withImage,
  withVm,
} from "../../../support/world/proxmox.ts";

const request = { content: "import", fileName: "talos.qcow2", url: IMAGE_URL };

test("a download takes time, leaves the file with its image, and is on record", async () => {
  const { world } = fixture();
  await withImage(world);
  expect(world.clock.now()).toBeGreaterThan(40);
  const file = world.state.proxmox.hosts["pve1"]!.datastores["local"]!.files["local:import/talos.qcow2"]!;
  expect(file.image?.version).toBe("v1.12.0");
  expect(kinds(world)).toEqual(["image-downloaded"]);
});

test("an address of an unknown schematic is a 404, asked for or downloaded", async () => {
  const { world } = fixture();
  expect(() => queryUrl(world, "pve1", IMAGE_URL)).toThrow("invalid server response: '404 Not Found'");
  expect(await refusal(() => download(world, "pve1", "local", request))).toContain("404 Not Found");
  expect(world.state.proxmox.hosts["pve1"]!.datastores["local"]!.files).toEqual({});
});

test.each([
  [
    "a datastore without import content",
    "local",
    { ...HARDWARE.hosts[0]!.datastores[0]!, content: ["iso"] as const },
    request,
    "storage 'local' is not configured for content-type 'import'",
  ],
  [
    "a block storage",
    "local-lvm",
    undefined,
    request,
    "can't upload to storage type 'lvmthin', not a file based storage!",
  ],
  ["a datastore that does not exist", "nvme", undefined, request, "storage 'nvme' does not exist"],
  [
    "a file name of the wrong kind",
    "local",
    undefined,
    { ...request, fileName: "talos.img" },
    "filename: invalid filename or wrong extension",
  ],
  [
    "a full datastore",
    "local",
    { ...HARDWARE.hosts[0]!.datastores[0]!, sizeGiB: 0.1 },
    request,
    "no space left on storage 'local'",
  ],
  [
    "a compressed image named qcow2",
    "local",
    undefined,
    { ...request, url: IMAGE_URL.replace("qcow2", "raw.xz") },
    "Image is not in qcow2 format",
  ],
] as const)("%s refuses", async (_, storage, replaced, what, message) => {
  const [first, ...others] = HARDWARE.hosts;
  const datastores = [
    replaced ? { ...replaced, content: [...replaced.content] } : first!.datastores[0]!,
    ...first!.datastores.slice(1),
  ];
  const { world } = fixture({ hosts: [{ ...first!, datastores }, ...others] });
  registerSchematic(world, SCHEMATIC);
  expect(await refusal(() => download(world, "pve1", storage, what))).toContain(message);
});

test("an existing file is not overwritten", async () => {
  const { world } = fixture();
  await withImage(world);
  expect(await refusal(() => download(world, "pve1", "local", request))).toBe(
    "refusing to override existing file 'talos.qcow2'",
  );
});

test("each host has its own files", async () => {
  const { world } = fixture();
  await withImage(world, "pve1");
  expect(world.state.proxmox.hosts["pve2"]!.datastores["local"]!.files).toEqual({});
});

test("deleting the image leaves the disks made from it as they are", async () => {
  const { world } = await withVm();
  await deleteFile(world, "pve1", "local", "local:import/talos.qcow2");
  expect(world.state.proxmox.vms["100"]!.disks["scsi0"]!.content).toMatchObject({ kind: "talos" });
  expect(await refusal(() => deleteFile(world, "pve1", "local", "local:import/talos.qcow2"))).toContain(
    "does not exist",
  );
});
