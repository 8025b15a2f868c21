import * as pulumi from "@pulumi/pulumi";
import type { NodeConfig } from "../config/types.ts";
import { planHook, type Plan } from "./plan-hook.ts";

/** The nodes by the names of their resources, of which each has one of a kind. */
export type NodesByResource = ReadonlyMap<string, NodeConfig>;

export function byResource(
  nodes: readonly NodeConfig[],
  resourceName: (node: NodeConfig) => string,
): NodesByResource {
  return new Map(nodes.map((node) => [resourceName(node), node]));
}

/**
 * One hook for all nodes, which learns from the engine whose turn it is. A hook of each node's own would have to be made known to the
 * engine before its resource, in a call of its own: at two hundred nodes that was a third of a preview.
 *
 * @param name Unique in the program.
 */
export function nodeHook(
  name: string,
  nodes: NodesByResource,
  act: (node: NodeConfig, hook: pulumi.ResourceHookArgs) => void | Promise<void>,
  options?: pulumi.ResourceHookOptions,
): pulumi.ResourceHook {
  return new pulumi.ResourceHook(name, (hook) => act(nodes.get(hook.name)!, hook), options);
}

/** The same for a hook that refuses, in previews as well. */
export function refusingNodeHook(
  name: string,
  nodes: NodesByResource,
  judge: (node: NodeConfig, hook: pulumi.ResourceHookArgs) => ReturnType<NonNullable<Plan["refuse"]>>,
): pulumi.ResourceHook {
  return planHook(name, { refuse: (hook) => judge(nodes.get(hook.name)!, hook) });
}
