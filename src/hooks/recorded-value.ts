/**
 * A value in Pulumi's state with what belongs to its changes: whether it may change, what that means, and the deed. It is a Stash,
 * which needs no provider. A hook that fails leaves the old value in the state, so the next `up` goes on there.
 */
import * as pulumi from "@pulumi/pulumi";
import { planHook, type Plan } from "./plan-hook.ts";

export interface Change<T> {
  /** What the state has, perhaps of an earlier version of the program; undefined where the value is made, or made anew. */
  before: T | undefined;
  after: T;
}

export interface RecordedValueArgs<T> {
  /** Plain data. What decides over a change must be in it. */
  value: pulumi.Input<T>;
  /** Which of the two the functions below are for. Default: both. */
  on?: "create" | "update";
  /** In previews as well: why it must not become that, or nothing. */
  refuse?: (change: Change<T>) => ReturnType<NonNullable<Plan["refuse"]>>;
  /** In previews as well: what becomes what, a line each, on the parent. */
  announce?: (change: Change<T>) => readonly string[];
  /** Brings about what the new value says; rejects where it could not. Never in a preview. */
  act?: (change: Change<T>) => Promise<unknown>;
}

/** @param opts `dependsOn`: what must be there before anything of it happens. */
export function recordValue<T>(
  name: string,
  { value, on, refuse, announce, act }: RecordedValueArgs<T>,
  opts: Omit<pulumi.CustomResourceOptions, "hooks"> & { parent: pulumi.Resource },
): pulumi.Resource {
  const plan: Plan = {
    ...(refuse && { refuse: (hook) => refuse(changeOf<T>(hook)) }),
    ...(announce && { announce: (hook) => announce(changeOf<T>(hook)) }),
  };
  const hooks = [
    ...(refuse || announce ? [planHook(`${name}-plan`, plan, opts.parent)] : []),
    ...(act
      ? [new pulumi.ResourceHook(`${name}-act`, async (hook) => void (await act(changeOf<T>(hook))))]
      : []),
  ];
  return new pulumi.Stash(
    name,
    { input: value },
    {
      ...opts,
      ...(hooks.length > 0 && {
        hooks: {
          ...(on !== "update" && { beforeCreate: hooks }),
          ...(on !== "create" && { beforeUpdate: hooks }),
        },
      }),
    },
  );
}

function changeOf<T>({ oldInputs, newInputs }: pulumi.ResourceHookArgs): Change<T> {
  const inputOf = (inputs: unknown) => (inputs as { input?: unknown } | undefined)?.input;
  return { before: inputOf(oldInputs) as T | undefined, after: inputOf(newInputs) as T };
}
