import * as pulumi from "@pulumi/pulumi";
import { programContext } from "../hooks/context.ts";
import { chartJump, type Chart } from "./refusals/versions.ts";

const NAMES: Record<Chart, string> = { longhorn: "Longhorn", traefik: "Traefik's chart" };

/**
 * A hook in front of a release's update: it refuses a version that the running one cannot become, in the preview already, and
 * says which version becomes which. The release's own state is compared, so it holds for what is really installed.
 *
 * @param name Of the hook: unique in the program.
 * @param component That the line is told of. Never the release itself: a hook that waits for its own resource's URN waits for ever.
 */
export function chartGuard(name: string, chart: Chart, component: pulumi.Resource): pulumi.ResourceHook {
  const inContext = programContext();
  return new pulumi.ResourceHook(
    name,
    async ({ oldInputs, newInputs }) => {
      const [from, to] = [versionIn(oldInputs), versionIn(newInputs)];
      if (from === undefined || to === undefined || from === to) return;
      const refused = chartJump(chart, from, to);
      if (refused !== undefined) throw new Error(refused);
      await inContext(() => pulumi.log.info(`${NAMES[chart]}: ${from} -> ${to}`, component));
    },
    { onDryRun: true },
  );
}

/** The chart version in a release's inputs. */
export function versionIn(inputs: unknown): string | undefined {
  const { version } = (inputs ?? {}) as { version?: unknown };
  return typeof version === "string" ? version : undefined;
}
