/**
 * Who has the nodes' ids in Proxmox. Ids are one space for machines and containers over all hosts, and the provider takes
 * "already exists" for the success of an attempt of its own: it would adopt a foreign machine, resize its disks now and
 * delete it at the next destroy, or leave half a resource in the state.
 */
import type { Guest } from "../clients/proxmox/client.ts";
import type { HomelabConfig, NodeConfig } from "../config/types.ts";
import type { MachineFacts } from "../plan/facts.ts";
import { vmName, vmTags } from "./vm-args.ts";

/** The machines of a homelab, and the name of the cluster, by which they are known in Proxmox. */
export type Fleet = Pick<HomelabConfig, "cluster" | "nodes">;

/**
 * What stands against any change of this homelab's machines, whichever it is: an id that is somebody else's, and machines
 * that are not where the config, and so the state, has them. One line each.
 *
 * @param except A node that is judged in another way.
 */
export function conflicts(config: Fleet, guests: readonly Guest[], except?: NodeConfig): string[] {
  return config.nodes.flatMap((node) => {
    if (node === except) return [];
    const guest = guests.find(({ vmId }) => vmId === node.vmId);
    if (!guest) return [];
    if (!isOwn(config, node, guest)) return [taken(config, node, guest)];
    return guest.host === node.host ? [] : [elsewhere(config, node, guest.host)];
  });
}

/** Why this node's machine must not be created. By its name alone it cannot be told from one that the state does not know. */
export function takenId(config: Fleet, node: NodeConfig, guests: readonly Guest[]): string | undefined {
  const guest = guests.find(({ vmId }) => vmId === node.vmId);
  return guest && taken(config, node, guest);
}

/** The same for what the token may not see. */
export function hiddenId(config: Fleet, node: NodeConfig): string {
  return (
    `${path(config, node)}.vmId: ${node.vmId} is taken by a machine or container that this token cannot see; give "${node.name}" another ` +
    "id, or give the token VM.Audit on /vms"
  );
}

/** Why this node's machine, which the state has, must not be changed. @param known Host that the state has. */
export function strayed(
  config: Fleet,
  node: NodeConfig,
  guests: readonly Guest[],
  known: unknown,
): string | undefined {
  const guest = guests.find(({ vmId, kind }) => vmId === node.vmId && kind === "qemu");
  if (!guest)
    return `${path(config, node)}: VM ${node.vmId} of "${node.name}" is gone from Proxmox; ${REFRESH}`;
  return guest.host === known ? undefined : elsewhere(config, node, guest.host);
}

/** Why a machine whose entry is gone cannot be deleted where the state has it. */
export function movedAway(
  { name, vmId, host }: Pick<MachineFacts, "name" | "vmId" | "host">,
  guests: readonly Guest[],
): string | undefined {
  const guest = guests.find((found) => found.vmId === vmId && found.kind === "qemu");
  if (!guest || guest.host === host) return undefined;
  return `homelab:nodes: the machine of "${name}" (VM ${vmId}), whose entry is gone, is on ${guest.host} now, not on ${host}; ${REFRESH}`;
}

const REFRESH = "run `pulumi up --refresh`, so that Pulumi learns of it";

function elsewhere(config: Fleet, node: NodeConfig, host: string): string {
  return `${path(config, node)}.host: "${node.name}" (VM ${node.vmId}) is on ${host} now, not on ${node.host}; ${REFRESH}`;
}

function taken(config: Fleet, node: NodeConfig, guest: Guest): string {
  const { kind, name, host, status } = guest;
  const who = `${kind === "lxc" ? "container" : "VM"}${name === undefined ? "" : ` "${name}"`} on ${host} (${shown(status)})`;
  const remedy = isOwn(config, node, guest)
    ? "that is what an interrupted run left behind: `npm run recover` takes it into the state; else delete it in Proxmox"
    : `give "${node.name}" an id that is free`;
  return `${path(config, node)}.vmId: ${node.vmId} is already taken by ${who}; ${remedy}`;
}

function shown(status: string): string {
  return status === "unknown" ? "its host is off" : status;
}

/** A machine of this cluster, by the name that it was made with, or by its tags where the name was changed or is not known. */
function isOwn(config: Fleet, node: NodeConfig, { kind, name, tags }: Guest): boolean {
  if (kind !== "qemu") return false;
  return name === vmName(config, node) || vmTags(config, node).every((tag) => tags.includes(tag));
}

function path(config: Fleet, node: NodeConfig): string {
  return `homelab:nodes[${config.nodes.findIndex(({ name }) => name === node.name)}]`;
}
