/** Machines whose config was never applied: nothing is on them, so whatever is wrong with them, they are made anew. Pure. */
import { isDeepStrictEqual } from "node:util";
import type { HomelabConfig, NodeConfig } from "../config/types.ts";
import { nodeFacts } from "./facts.ts";
import type { Existing } from "./existing.ts";

/**
 * Names of the nodes whose machine is there, holds nothing, and is not what is wanted now. Changing it would not do: a
 * booted machine keeps its address until it is restarted, and no disk shrinks.
 */
export function listRemade(
  { machines, kept }: Existing,
  config: Pick<HomelabConfig, "network" | "nodes">,
): Set<string> {
  const names = config.nodes.flatMap((node) => {
    const old = machines.find(({ name }) => name === node.name);
    if (!old || kept.some(({ name }) => name === node.name)) return [];
    // The role is not the machine's, and the address of its card may be Proxmox's choice.
    const { role: _, macAddress = "", ...wanted } = nodeFacts(config, node);
    const { namedMac, macAddress: actual, ...machine } = old;
    const sameMac = namedMac === undefined ? ["", actual].includes(macAddress) : namedMac === macAddress;
    return sameMac && isDeepStrictEqual(plain(machine), plain(wanted)) ? [] : [node.name];
  });
  return new Set(names);
}

/** Names of the nodes whose machine is there and may hold data. One that was lost, and is to be made again, is not. */
export function standing({ machines, kept }: Existing): Set<string> {
  const there = machines.filter(({ name }) => kept.some((node) => node.name === name));
  return new Set(there.map(({ name }) => name));
}

/**
 * The configuration without nodes that retire before their config was ever applied: no machine is made for them any more,
 * and one that is there goes.
 */
export function planned(config: HomelabConfig, { kept }: Existing): HomelabConfig {
  const began = ({ name }: NodeConfig) => kept.some((node) => node.name === name);
  return { ...config, nodes: config.nodes.filter((node) => node.retiring !== true || began(node)) };
}

/** Without what is undefined. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
