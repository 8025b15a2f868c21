import { describe, expect, test } from "vitest";
import { loadWorld, saveWorld } from "../../../../rehearsal/store.ts";
import { download, deleteFile, listFiles } from "../../../../rehearsal/world/proxmox/storage/files.ts";
import { createVm } from "../../../../rehearsal/world/proxmox/qemu/vms.ts";
import type { StoreType } from "../../../../rehearsal/world/proxmox/state.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fixture, IMAGE_URL, refusal, vmParameters, withImage } from "../../../support/world/proxmox.ts";

/** Two hosts that have a datastore of this type. */
async function withStore(type: StoreType, content: ("images" | "import")[], shared?: boolean) {
  const datastore = { name: "store", type, content, sizeGiB: 100, ...(shared !== undefined && { shared }) };
  const host = (name: string) => ({ name, cpus: 8, memoryGiB: 32, bridges: ["vmbr0"] });
  const own = [
    { name: "local", type: "dir" as const, content: ["import" as const], sizeGiB: 50 },
    { name: "local-lvm", type: "lvmthin" as const, content: ["images" as const], sizeGiB: 200 },
  ];
  const hosts = ["pve1", "pve2"].map((name) => ({ ...host(name), datastores: [...own, datastore] }));
  const { world } = fixture({ hosts });
  await withImage(world);
  return world;
}

const file = { content: "import", fileName: "talos-2.qcow2", url: IMAGE_URL };
const only = (vmid: string, virtio1: string) =>
  vmParameters({ vmid, scsi0: undefined, efidisk0: undefined, ide2: undefined, boot: undefined, virtio1 });

describe("files on a shared datastore are there for every host, once", () => {
  test.each<[StoreType, boolean?]>([["nfs"], ["cephfs"], ["cifs"], ["dir", true]])(
    "%s",
    async (type, shared) => {
      const world = await withStore(type, ["import"], shared);
      await download(world, "pve1", "store", file).run();
      expect(listFiles(world, "pve2", "store").map(({ fileName }) => fileName)).toEqual(["talos-2.qcow2"]);
      expect(await refusal(() => download(world, "pve2", "store", file))).toContain("refusing to override");
      await deleteFile(world, "pve2", "store", "import/talos-2.qcow2");
      expect(listFiles(world, "pve1", "store")).toEqual([]);
    },
  );

  test("also after the world was saved and read again", async () => {
    const folder = await mkdtemp(join(tmpdir(), "stores-"));
    try {
      const { state } = await withStore("nfs", ["import"]);
      await saveWorld(join(folder, "world.json"))(state);
      const { hosts } = (await loadWorld(join(folder, "world.json"), state.stack))!.proxmox;
      expect(hosts["pve1"]!.datastores["store"]).toBe(hosts["pve2"]!.datastores["store"]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("those of a local one are not", async () => {
    const world = await withStore("btrfs", ["import"]);
    await download(world, "pve1", "store", file).run();
    expect(listFiles(world, "pve2", "store")).toEqual([]);
  });
});

test.each<[StoreType, string, string]>([
  ["lvm", "thick", "4M"],
  ["zfspool", "thick", "1M"],
  ["rbd", "thin", "1M"],
  ["btrfs", "thin", "528K"],
  ["nfs", "thin", "528K"],
])("a disk on %s is %s, and its EFI variables take %s", async (type, how, efi) => {
  const world = await withStore(type, ["images"]);
  await createVm(world, "pve1", {
    ...only("100", "file=store:60"),
    efidisk0: "file=store:1,efitype=4m",
  }).run();
  expect(world.state.proxmox.vms["100"]!.config["efidisk0"]).toContain(`size=${efi}`);
  const second = createVm(world, "pve1", only("101", "file=store:60"));
  if (how === "thin") await second.run();
  else expect(await refusal(() => second)).toContain("no space left on storage 'store'");
});

test.each<[StoreType, string]>([
  ["btrfs", "qcow2"],
  ["lvm", "qcow2"],
  ["rbd", "vmdk"],
])("%s takes no %s", async (type, format) => {
  const world = await withStore(type, ["images"]);
  const made = createVm(world, "pve1", only("100", `file=store:10,format=${format}`));
  expect(await refusal(() => made)).toContain(`unsupported format '${format}'`);
});
