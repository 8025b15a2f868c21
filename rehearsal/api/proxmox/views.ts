/** How Proxmox's API shows what is in the world. Numbers are JSON numbers, as its clients decode them. */
import { createHash } from "node:crypto";
import { parseDrive } from "../../world/proxmox/qemu/drive.ts";
import { findDatastore, findHost, nameOf } from "../../world/proxmox/lookup.ts";
import { usage } from "../../world/proxmox/storage/space.ts";
import type { StoredFile, VmState } from "../../world/proxmox/state.ts";
import type { Caller } from "./access/permission.ts";
import type { World } from "../../world/kernel/world.ts";
import { MiB } from "../../world/kernel/units.ts";

export interface Volume {
  volid: string;
  content: string;
  format: string;
  size: number;
  used?: number;
  vmid?: number;
  ctime?: number;
  path?: string;
}

export function fileView(file: StoredFile): Volume {
  const { volumeId, contentType, fileName, sizeBytes, createdAt } = file;
  return {
    volid: volumeId,
    content: contentType,
    format: fileName.split(".").at(-1)!,
    size: sizeBytes,
    used: sizeBytes,
    ctime: Math.floor(createdAt),
    path: `/var/lib/vz/${contentType}/${fileName}`,
  };
}

/** VM disks on a datastore; a block device's format is raw, a file's is its extension. */
export function volumeView(world: World, host: string, storage: string): Volume[] {
  const vms = Object.values(world.state.proxmox.vms).filter((vm) => vm.host === host);
  return vms.flatMap((vm) =>
    Object.entries(vm.disks)
      .filter(([, disk]) => disk.datastore === storage)
      .flatMap(([slot, disk]) => {
        const { volume } = parseDrive(String(vm.config[slot] ?? vm.pending?.[slot] ?? ""));
        if (!volume) return [];
        const format = /\.(raw|qcow2|vmdk)$/.exec(volume)?.[1] ?? "raw";
        return [
          {
            volid: volume,
            content: "images",
            format,
            size: disk.sizeBytes,
            vmid: vm.vmId,
            path: `/dev/${volume.replace(":", "/")}`,
          },
        ];
      }),
  );
}

/** The config with the digest by which clients notice changes. */
export function configView(config: Record<string, string | number>): Record<string, string | number> {
  const lines = Object.keys(config)
    .sort()
    .map((key) => `${key}: ${config[key]}\n`);
  return { ...config, digest: createHash("sha1").update(lines.join("")).digest("hex") };
}

export function vmStatus(world: World, vm: VmState): Record<string, unknown> {
  const running = vm.power === "running";
  const system = Object.values(vm.disks).find(({ media }) => media === "disk");
  return {
    vmid: vm.vmId,
    name: nameOf(vm),
    status: vm.power,
    qmpstatus: vm.power,
    cpus: Number(vm.config["cores"] ?? 1) * Number(vm.config["sockets"] ?? 1),
    maxmem: Number(vm.config["memory"] ?? 512) * MiB,
    maxdisk: system?.sizeBytes ?? 0,
    uptime: running ? Math.max(1, Math.floor(world.clock.now() - startedAt(world, vm.vmId))) : 0,
    ha: { managed: 0 },
    ...(running ? { pid: 10_000 + vm.vmId } : {}),
    ...(String(vm.config["agent"] ?? "").match(/(^|,)(enabled=)?1(,|$)/) ? { agent: 1 } : {}),
    ...(vm.config["tags"] ? { tags: vm.config["tags"] } : {}),
    ...(vm.config["lock"] ? { lock: vm.config["lock"] } : {}),
  };
}

const audited = (caller: Caller) => (vm: VmState) => caller.has(`/vms/${vm.vmId}`, "VM.Audit");

export function vmList(world: World, caller: Caller, host: string): Record<string, unknown>[] {
  findHost(world, host);
  return Object.values(world.state.proxmox.vms)
    .filter((vm) => vm.host === host)
    .filter(audited(caller))
    .map((vm) => vmStatus(world, vm));
}

export function datastoreStatus(world: World, host: string, storage: string): Record<string, unknown> {
  const datastore = findDatastore(findHost(world, host), storage);
  const { freeBytes } = usage(world.state.proxmox, host, datastore);
  return {
    type: datastore.type,
    content: datastore.content.join(","),
    total: datastore.capacityBytes,
    used: datastore.capacityBytes - freeBytes,
    avail: freeBytes,
    active: 1,
    enabled: 1,
    shared: datastore.shared ? 1 : 0,
  };
}

function startedAt(world: World, vmId: number): number {
  const started = world.state.events.findLast(
    (event) => event.kind === "vm-started" && event.subject === String(vmId),
  );
  return started?.at ?? 0;
}
