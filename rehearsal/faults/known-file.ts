/** A user's data: a volume that is attached and in use, with a file in it. */
import type { World } from "../world/kernel/world.ts";
import { attachVolume, createVolume, writeFile } from "../world/longhorn/volumes/volumes.ts";
import { hostOf } from "../world/talos/host.ts";
import type { KnownFile } from "./invariants.ts";
import { GiB } from "../world/kernel/units.ts";

export const RESCUED: KnownFile = {
  claim: "default/photos",
  path: "/2019/iceland.jpg",
  content: "the only copy there is",
};

export async function writeKnownFile(world: World, { claim, path, content }: KnownFile): Promise<void> {
  await world.settle();
  const state = Object.values(world.state.clusters)[0];
  if (!state) throw new Error("there is no cluster to write a file to");
  const cluster = { world, state, hosts: (vmId: number) => hostOf(world, vmId) };
  const { name } = await createVolume(cluster, { claim, sizeBytes: 2 * GiB });
  const node = Object.values(state.nodes).find(({ controlPlane }) => !controlPlane);
  await attachVolume(cluster, name, node!.name);
  writeFile(cluster, name, path, { content, uid: 1000, gid: 1000, mode: "0644" });
  await world.commit();
}
