/** The first state of an environment's world, and what changes in it when the environment's config does. */
import { createHash } from "node:crypto";
import type { HomelabConfig, NodeConfig } from "../../src/config/types.ts";
import { hardwareFor, installHardware } from "./proxmox/hardware/hosts.ts";
import { joinShared } from "./proxmox/storage/types.ts";
import { WORLD_FORMAT, type WorldState } from "./kernel/state.ts";
import type { MachineDeclaration } from "./talos/state.ts";
import { GiB } from "./kernel/units.ts";

/** @param hardware What the hosts are; default: something that fits the config. */
export function newWorld(stack: string, config: HomelabConfig, hardware = hardwareFor(config)): WorldState {
  let nextId = 1;
  const proxmox = installHardware(hardware, { nextId: (prefix) => `${prefix}-${nextId++}` });
  return {
    format: WORLD_FORMAT,
    stack,
    seed: createHash("sha256").update(stack).digest().readUInt32BE(0),
    elapsed: 0,
    nextId,
    proxmox,
    machines: {},
    clusters: {},
    events: [],
    declarations: declarationsOf(config),
    ...(config.network.vlan !== undefined && { vlan: config.network.vlan }),
  };
}

/** Machines that the config no longer names keep their declaration: their disks are still what they were. */
export function declare(state: WorldState, config: HomelabConfig): void {
  state.declarations = { ...state.declarations, ...declarationsOf(config) };
  if (config.network.vlan === undefined) delete state.vlan;
  else state.vlan = config.network.vlan;
}

/** For hardware that nobody described: a host or datastore that the config names for the first time is there. */
export function addHardware(state: WorldState, config: HomelabConfig): void {
  const ids = { nextId: (prefix: string) => `${prefix}-${state.nextId++}` };
  for (const [name, wanted] of Object.entries(installHardware(hardwareFor(config), ids).hosts)) {
    const host = (state.proxmox.hosts[name] ??= wanted);
    for (const bridge of wanted.bridges) if (!host.bridges.includes(bridge)) host.bridges.push(bridge);
    for (const [datastore, described] of Object.entries(wanted.datastores))
      host.datastores[datastore] ??= described;
  }
  joinShared(state.proxmox);
}

/** By what a format is judged. */
function declarationsOf({ nodes }: HomelabConfig): Record<string, MachineDeclaration> {
  return Object.fromEntries(nodes.map((node) => [String(node.vmId), declarationOf(node)]));
}

function declarationOf({ name, osDisk, dataDisk }: NodeConfig): MachineDeclaration {
  return {
    node: name,
    osDisk: { sizeBytes: osDisk.sizeGiB * GiB },
    ...(dataDisk && { dataDisk: { sizeBytes: dataDisk.sizeGiB * GiB, serial: dataDisk.serial } }),
  };
}
