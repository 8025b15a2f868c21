/** Finding hosts, datastores and machines, or refusing in Proxmox's words. */
import type { DatastoreContent, DatastoreState, HostState, VmState } from "./state.ts";
import type { World } from "../kernel/world.ts";
import { ProxmoxError, refuse, refuseParameter } from "./errors.ts";

/**
 * Any node of a cluster answers for the others; a name that none has cannot be resolved, and one that is off cannot be
 * reached, which is 595 [pve-http-server: AnyEvent.pm, proxy_request].
 */
export function findHost(world: World, name: string): HostState {
  const { hosts } = world.state.proxmox;
  const host = Object.hasOwn(hosts, name) ? hosts[name] : undefined;
  if (host?.off) throw new ProxmoxError(595, "No route to host");
  if (host) return host;
  const known = Object.keys(hosts).join(", ");
  return refuse(
    `hostname lookup '${name}' failed - failed to get address info for: ${name}: Name or service not known (nodes: ${known})`,
  );
}

export function findDatastore(host: HostState, name: string): DatastoreState {
  if (!Object.hasOwn(host.datastores, name)) refuse(`storage '${name}' does not exist`);
  return host.datastores[name]!;
}

/** A datastore that may hold VM disks [qemu-server: API2/Qemu.pm, check_storage_access]. */
export function findDiskDatastore(host: HostState, name: string): DatastoreState {
  const datastore = findDatastore(host, name);
  if (!datastore.content.includes("images")) {
    refuseParameter("storage", `storage '${name}' does not support vm images`);
  }
  return datastore;
}

export function allows(datastore: DatastoreState, content: string): content is DatastoreContent {
  return (datastore.content as string[]).includes(content);
}

/** The machine with that id on that host: its config file lies in the host's folder. */
export function findVm(world: World, host: string, vmId: number): VmState {
  findHost(world, host);
  const vm = world.state.proxmox.vms[vmId];
  if (vm?.host !== host) {
    refuse(`Configuration file 'nodes/${host}/qemu-server/${vmId}.conf' does not exist`);
  }
  return vm;
}

/** A machine that another operation holds cannot be changed [pve-guest-common: AbstractConfig.pm, check_lock]. */
export function checkUnlocked(vm: VmState): void {
  if (vm.config["lock"]) refuse(`VM is locked (${vm.config["lock"]})`);
}

export function nameOf(vm: VmState): string {
  return typeof vm.config["name"] === "string" ? vm.config["name"] : `VM ${vm.vmId}`;
}

/** Acting on a machine that the homelab already had: Proxmox allows it, this project must never do it. */
export function noteForeign(world: World, vm: VmState, what: string): void {
  if (!vm.foreign) return;
  world.note({
    kind: "vm-changed",
    subject: String(vm.vmId),
    severity: "catastrophe",
    text: `${what} ${nameOf(vm)} (VM ${vm.vmId} on ${vm.host}), a machine that is not this program's`,
  });
}
