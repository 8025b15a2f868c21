import type * as pulumi from "@pulumi/pulumi";

/** The input of a Stash before and after, as its hooks get it. */
export function changeOf<T>({ oldInputs, newInputs }: pulumi.ResourceHookArgs): { before: T; after: T } {
  return { before: inputIn<T>(oldInputs), after: inputIn<T>(newInputs) };
}

/** The same for an input by node, which may be none. */
export function changeByNode(hook: pulumi.ResourceHookArgs) {
  const { before, after } = changeOf<Record<string, unknown> | undefined>(hook);
  return { before: before ?? {}, after: after ?? {} };
}

function inputIn<T>(inputs: unknown): T {
  return (inputs as { input?: unknown } | undefined)?.input as T;
}
