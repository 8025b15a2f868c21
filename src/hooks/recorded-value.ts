/**
 * A value in Pulumi's state with what belongs to its changes: whether it may change, what that means, and the deed. It is a Stash,
 * which needs no provider. A hook that fails leaves the old value in the state, so the next `up` goes on there.
 */
import * as pulumi from "@pulumi/pulumi";
import { programContext } from "./context.ts";

export interface Change<T> {
  /** What the state has; undefined where the value is made or made anew. */
  before: T | undefined;
  after: T;
}

/** Without a limit in `on`, everything here is for a value that is made as well as for one that changes. */
export interface RecordedValueArgs<T> {
  /** Plain data. What decides over a change must be in it. */
  value: pulumi.Input<T>;
  on?: "create" | "update";
  /** In previews as well: why it must not become that, or nothing. */
  refuse?: (change: Change<T>) => string | undefined | Promise<string | undefined>;
  /** In previews as well: what becomes what, a line each, on the parent. */
  announce?: (change: Change<T>) => readonly string[];
  /** Brings about what the new value says; rejects where it could not. Never in a preview. */
  act?: (change: Change<T>) => Promise<unknown>;
}

/** @param opts `dependsOn`: what must be there before anything of it happens. */
export function recordValue<T>(
  name: string,
  { value, on, refuse, announce, act }: RecordedValueArgs<T>,
  { parent, ...opts }: Omit<pulumi.CustomResourceOptions, "hooks"> & { parent: pulumi.Resource },
): pulumi.Resource {
  const inContext = programContext();
  const hooks: pulumi.ResourceHook[] = [];
  if (refuse ?? announce) {
    const plan = async (hook: pulumi.ResourceHookArgs) => {
      const change = changeOf<T>(hook);
      const refused = await refuse?.(change);
      if (refused !== undefined) throw new Error(refused);
      // Never on the value itself: its URN is known only after the hook, and the line would wait for it for ever.
      for (const line of announce?.(change) ?? []) await inContext(() => pulumi.log.info(line, parent));
    };
    hooks.push(new pulumi.ResourceHook(`${name}-plan`, plan, { onDryRun: true }));
  }
  if (act)
    hooks.push(new pulumi.ResourceHook(`${name}-act`, async (hook) => void (await act(changeOf<T>(hook)))));
  return new pulumi.Stash(
    name,
    { input: value },
    {
      ...opts,
      parent,
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
