/** A volume with something in it, to be looked for after whatever a test does. */
import { type Cluster, clusterOf } from "../../../rehearsal/world/kubernetes/cluster.ts";
import {
  attachVolume,
  createVolume,
  volumeOfClaim,
  writeFile,
} from "../../../rehearsal/world/longhorn/volumes/volumes.ts";
import { detach } from "../../../rehearsal/world/proxmox/qemu/disks.ts";
import { hostOf } from "../../../rehearsal/world/talos/host.ts";
import type { World } from "../../../rehearsal/world/kernel/world.ts";

export const CLAIM = "default/precious";

export function clusterIn(world: World): Cluster {
  const [id] = Object.keys(world.state.clusters);
  return clusterOf(world, id!, (vmId) => hostOf(world, vmId));
}

/** Makes a claim's volume, attached to that node, and writes into it. */
export async function writeData(world: World, node: string): Promise<void> {
  const cluster = clusterIn(world);
  const { name } = await createVolume(cluster, { claim: CLAIM, sizeBytes: 1024 ** 3 });
  await attachVolume(cluster, name, node);
  writeFile(cluster, name, "/data", { content: "precious", uid: 0, gid: 0, mode: "0600" });
  await world.commit();
}

/** What the volume holds, read from a copy that is there. */
export function readData(world: World): string | undefined {
  const volume = volumeOfClaim(clusterIn(world), CLAIM);
  return volume?.robustness === "faulted" ? undefined : volume?.files["/data"]?.content;
}

/** The nodes that hold a healthy copy, sorted. */
export function copies(world: World): string[] {
  const volume = volumeOfClaim(clusterIn(world), CLAIM);
  return (volume?.replicas ?? []).flatMap(({ healthy, node }) => (healthy ? [node] : [])).sort();
}

/** Somebody plugs a blank disk into a running machine. */
export async function addDisk(world: World, vmId: number, sizeGiB: number): Promise<void> {
  const vm = world.state.proxmox.vms[vmId]!;
  vm.disks["virtio5"] = {
    id: world.nextId("disk"),
    interface: "virtio5",
    datastore: "local-lvm",
    sizeBytes: sizeGiB * 1024 ** 3,
    media: "disk",
    content: { kind: "blank" },
  };
  vm.config["virtio5"] = `local-lvm:vm-${vmId}-disk-9,size=${sizeGiB}G`;
  await world.commit();
}

/** Somebody deletes a VM in Proxmox's own interface. */
export async function deleteVm(world: World, vmId: number): Promise<void> {
  await world.systems.lifecycle.powerOff(world, vmId, "stop");
  await world.systems.lifecycle.destroyed(world, vmId);
  delete world.state.proxmox.vms[vmId];
  await world.commit();
}

/** Somebody detaches a disk there: its content stays, the machine goes on without it. */
export async function detachDisk(world: World, vmId: number, slot: string): Promise<void> {
  detach(world, world.state.proxmox.vms[vmId]!, slot);
  await world.commit();
}

/** Somebody uninstalls a chart. */
export async function removeRelease(world: World, release: string): Promise<void> {
  const { state } = clusterIn(world);
  delete state.releases[release];
  for (const [key, pod] of Object.entries(state.pods)) if (pod.release === release) delete state.pods[key];
  await world.commit();
}
