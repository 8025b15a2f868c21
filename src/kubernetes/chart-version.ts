import type * as pulumi from "@pulumi/pulumi";
import { planHook } from "../hooks/plan-hook.ts";
import { chartJump, type Chart } from "../plan/refusals/versions.ts";

const NAMES: Record<Chart, string> = { longhorn: "Longhorn", traefik: "Traefik's chart" };

/**
 * A hook before a release's update: it refuses a version that the running one cannot become, in the preview already, and
 * says which version becomes which. The release's own state is compared, so it holds for what is really installed.
 *
 * @param name Of the hook: unique in the program.
 * @param component Whose lines they are. Never the release itself.
 */
export function planChartVersion(
  name: string,
  chart: Chart,
  component: pulumi.Resource,
): pulumi.ResourceHook {
  return planHook(
    name,
    {
      refuse: (hook) => {
        const jump = jumpIn(hook);
        return jump && chartJump(chart, jump.from, jump.to);
      },
      announce: (hook) => {
        const jump = jumpIn(hook);
        return jump ? [`${NAMES[chart]}: ${jump.from} -> ${jump.to}`] : [];
      },
    },
    component,
  );
}

/** From which chart version to which an update of a release goes; undefined where the version stays. */
export function jumpIn({ oldInputs, newInputs }: pulumi.ResourceHookArgs) {
  const [from, to] = [versionIn(oldInputs), versionIn(newInputs)];
  return from === undefined || to === undefined || from === to ? undefined : { from, to };
}

function versionIn(inputs: unknown): string | undefined {
  const { version } = (inputs ?? {}) as { version?: unknown };
  return typeof version === "string" ? version : undefined;
}
