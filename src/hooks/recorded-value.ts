/**
 * Values in Pulumi's state with what belongs to their changes: whether one may change, what that means, and the deed. Each is a Stash,
 * which needs no provider. A hook that fails leaves the old value in the state, so the next `up` goes on there.
 */
import * as pulumi from "@pulumi/pulumi";
import type { NodeConfig } from "../config/types.ts";
import { byResource } from "./per-node.ts";
import { planHook } from "./plan-hook.ts";

export interface Change<T> {
  /** What the state has, perhaps of an earlier version of the program; undefined where the value is made, or made anew. */
  before: T | undefined;
  after: T;
}

/** @typeParam Of What else they are told: the node, where there is a value of each. */
export interface ValueHooks<T, Of extends unknown[] = []> {
  /** Which of the two they are for. Default: both. */
  on?: "create" | "update";
  /** In previews as well: why it must not become that, or nothing. */
  refuse?: (change: Change<T>, ...of: Of) => string | undefined | Promise<string | undefined>;
  /** In previews as well: what becomes what, a line each, on the parent. */
  announce?: (change: Change<T>, ...of: Of) => readonly string[];
  /** Brings about what the new value says; rejects where it could not. Never in a preview. */
  act?: (change: Change<T>, ...of: Of) => Promise<unknown>;
}

export interface RecordedValueArgs<T> extends ValueHooks<T> {
  /** Plain data. What decides over a change must be in it. */
  value: pulumi.Input<T>;
}

export interface RecordedNodeValuesArgs<T> extends ValueHooks<T, [node: NodeConfig]> {
  nodes: readonly NodeConfig[];
  resourceName: (node: NodeConfig) => string;
  /** Plain data. What decides over a change must be in it. */
  value: (node: NodeConfig) => T;
}

type Options = Omit<pulumi.CustomResourceOptions, "hooks"> & { parent: pulumi.Resource };

/** @param opts `dependsOn`: what must be there before anything of it happens. */
export function recordValue<T>(
  name: string,
  { value, ...hooks }: RecordedValueArgs<T>,
  opts: Options,
): pulumi.Resource {
  return new pulumi.Stash(
    name,
    { input: value },
    { ...opts, ...bindHooks<T, []>(name, hooks, () => [], opts.parent) },
  );
}

/**
 * A value of each node, made in the order of the nodes, with hooks for all of them together: see {@link nodeHook}.
 *
 * @param name Of the hooks: unique in the program.
 * @param opts Of all.
 * @param nodeOpts Of one, given what was made before it.
 * @returns By node name.
 */
export function recordNodeValues<T>(
  name: string,
  { nodes, resourceName, value, ...hooks }: RecordedNodeValuesArgs<T>,
  opts: Options,
  nodeOpts: (
    node: NodeConfig,
    made: ReadonlyMap<string, pulumi.Resource>,
  ) => pulumi.CustomResourceOptions = () => ({}),
): Map<string, pulumi.Resource> {
  const byName = byResource(nodes, resourceName);
  const bound = bindHooks<T, [NodeConfig]>(name, hooks, (hook) => [byName.get(hook.name)!], opts.parent);
  const made = new Map<string, pulumi.Resource>();
  for (const node of nodes) {
    const own = { ...opts, ...nodeOpts(node, made), ...bound };
    made.set(node.name, new pulumi.Stash(resourceName(node), { input: value(node) }, own));
  }
  return made;
}

function bindHooks<T, Of extends unknown[]>(
  name: string,
  { on, refuse, announce, act }: ValueHooks<T, Of>,
  of: (hook: pulumi.ResourceHookArgs) => Of,
  parent: pulumi.Resource,
): { hooks?: pulumi.ResourceHookBinding } {
  const hooks: pulumi.ResourceHook[] = [];
  if (refuse || announce) {
    const plan = {
      refuse: (hook: pulumi.ResourceHookArgs) => refuse?.(changeOf<T>(hook), ...of(hook)),
      announce: (hook: pulumi.ResourceHookArgs) => announce?.(changeOf<T>(hook), ...of(hook)) ?? [],
    };
    hooks.push(planHook(`${name}-plan`, plan, parent));
  }
  if (act) {
    const deed = async (hook: pulumi.ResourceHookArgs) => void (await act(changeOf<T>(hook), ...of(hook)));
    hooks.push(new pulumi.ResourceHook(`${name}-act`, deed));
  }
  if (hooks.length === 0) return {};
  return {
    hooks: {
      ...(on !== "update" && { beforeCreate: hooks }),
      ...(on !== "create" && { beforeUpdate: hooks }),
    },
  };
}

function changeOf<T>({ oldInputs, newInputs }: pulumi.ResourceHookArgs): Change<T> {
  const inputOf = (inputs: unknown) => (inputs as { input?: unknown } | undefined)?.input;
  return { before: inputOf(oldInputs) as T | undefined, after: inputOf(newInputs) as T };
}
