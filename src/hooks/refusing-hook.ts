import * as pulumi from "@pulumi/pulumi";

/** Why a run must stop; nothing when it need not. */
export type Judge = (hook: pulumi.ResourceHookArgs) => string | undefined | Promise<string | undefined>;

/**
 * A hook that stops the run, and the preview before it, with what its judge says; nothing is wrong when that says nothing.
 *
 * @param name Of the hook: unique in the program.
 */
export function refusingHook(name: string, judge: Judge): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    name,
    async (hook) => {
      const refused = await judge(hook);
      if (refused !== undefined) throw new Error(refused);
    },
    { onDryRun: true },
  );
}
