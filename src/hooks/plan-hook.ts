import * as pulumi from "@pulumi/pulumi";
import { programContext } from "./context.ts";

export interface Plan {
  /** Why the run, and the preview before it, must stop, or nothing. */
  refuse?: (hook: pulumi.ResourceHookArgs) => string | undefined | Promise<string | undefined>;
  /** What becomes what, a line each, for the user. */
  announce?: (hook: pulumi.ResourceHookArgs) => readonly string[];
}

/**
 * A hook that judges a change and says what it means, in previews as well.
 *
 * @param name Of the hook: unique in the program.
 * @param about Whose lines the announced ones are; default the stack's. Never the resource that has the hook: its URN is known only after it, and the line
 *   would wait for it for ever.
 */
export function planHook(
  name: string,
  { refuse, announce }: Plan,
  about?: pulumi.Resource,
): pulumi.ResourceHook {
  const inContext = programContext();
  return new pulumi.ResourceHook(
    name,
    async (hook) => {
      const refused = await refuse?.(hook);
      if (refused !== undefined) throw new Error(refused);
      for (const line of announce?.(hook) ?? []) await inContext(() => pulumi.log.info(line, about));
    },
    { onDryRun: true },
  );
}
