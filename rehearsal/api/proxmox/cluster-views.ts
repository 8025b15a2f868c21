/**
 * How the cluster as a whole is shown. A host that is off is still a member, and what is on it still has its id: only their
 * figures are missing, and with them the names [pve-manager: API2Tools.pm, extract_vm_stats and extract_node_stats].
 */
import { guests, type Guest } from "../../world/proxmox/qemu/guests.ts";
import type { World } from "../../world/kernel/world.ts";
import type { Caller } from "./access/permission.ts";
import { datastoreStatus, vmStatus } from "./views.ts";

type Entry = Record<string, unknown>;

/** Everybody sees which nodes there are; what they have, their auditors. */
export function nodeList(world: World, caller: Caller): Entry[] {
  return Object.values(world.state.proxmox.hosts).map((host) => ({
    node: host.name,
    id: `node/${host.name}`,
    type: "node",
    status: host.off ? "offline" : "online",
    ...(!host.off &&
      caller.has(`/nodes/${host.name}`, "Sys.Audit") && { maxcpu: host.cpus, maxmem: host.memoryBytes }),
  }));
}

/** A single host knows no cluster, and shows itself only [pve-manager: API2/Cluster.pm, get_status]. */
export function clusterStatus(world: World): Entry[] {
  const hosts = Object.values(world.state.proxmox.hosts);
  const nodes = hosts.map(({ name, off }, index) => ({
    type: "node",
    id: `node/${name}`,
    name,
    nodeid: hosts.length > 1 ? index + 1 : 0,
    online: off ? 0 : 1,
    local: index === 0 ? 1 : 0,
    level: "",
  }));
  if (hosts.length === 1) return nodes;
  const online = nodes.filter(({ online }) => online === 1).length;
  const cluster = {
    type: "cluster",
    id: "cluster",
    name: "homelab",
    nodes: hosts.length,
    quorate: online * 2 > hosts.length ? 1 : 0,
    version: hosts.length,
  };
  return [cluster, ...nodes];
}

/** What the caller may audit [pve-manager: API2/Cluster.pm, resources]. */
export function clusterResources(world: World, caller: Caller, type: string | undefined): Entry[] {
  const all: Record<string, Entry[]> = {
    vm: guests(world.state.proxmox)
      .filter(({ vmId }) => caller.has(`/vms/${vmId}`, "VM.Audit"))
      .map((guest) => guestView(world, guest)),
    node: nodeList(world, caller),
    storage: Object.values(world.state.proxmox.hosts).flatMap((host) =>
      Object.values(host.datastores)
        .filter(({ name }) => caller.has(`/storage/${name}`, "Datastore.Audit"))
        .map(({ name, content, shared }) => ({
          id: `storage/${host.name}/${name}`,
          type: "storage",
          node: host.name,
          storage: name,
          ...(host.off
            ? { status: "unknown", content: content.join(","), shared: shared ? 1 : 0 }
            : { status: "available", ...datastoreStatus(world, host.name, name), type: "storage" }),
        })),
    ),
  };
  return type ? (all[type] ?? []) : Object.values(all).flat();
}

function guestView(world: World, { vmId, kind, host, name, power, tags }: Guest): Entry {
  const known = { id: `${kind}/${vmId}`, vmid: vmId, type: kind, node: host, ...(tags && { tags }) };
  if (world.state.proxmox.hosts[host]?.off) return { ...known, status: "unknown" };
  const vm = world.state.proxmox.vms[vmId];
  return vm
    ? { ...vmStatus(world, vm), ...known, template: 0 }
    : { ...known, name, status: power, template: 0 };
}
