/** Hosts beside the lab's only one, and machines that go from host to host behind the program's back. */
import { migrate } from "../../../rehearsal/world/proxmox/migrate.ts";
import type { World } from "../../../rehearsal/world/world.ts";

/** As large as the lab's own, and empty. */
export async function addHosts(world: World, ...names: string[]): Promise<void> {
  for (const name of names) {
    const host = structuredClone(world.state.proxmox.hosts["pve"]!);
    for (const datastore of Object.values(host.datastores)) datastore.files = {};
    world.state.proxmox.hosts[name] = { ...host, name };
  }
  await world.commit();
}

/** Somebody migrates it in Proxmox's own interface, while it runs. */
export async function moveVm(world: World, vmId: number, target: string): Promise<void> {
  const { host } = world.state.proxmox.vms[vmId]!;
  await migrate(world, host, vmId, { target, online: true, withLocalDisks: true }).run();
}

/** One datastore of that name on all hosts, as HA needs it; before anything is on it. */
export async function shareDatastore(world: World, name: string): Promise<void> {
  for (const host of Object.values(world.state.proxmox.hosts)) {
    host.datastores[name] = {
      name,
      type: "dir",
      shared: true,
      content: ["images"],
      capacityBytes: 400 * 1024 ** 3,
      files: {},
    };
  }
  await world.commit();
}
