import * as pulumi from "@pulumi/pulumi";
import type { HomelabConfig } from "../config/types.ts";
import { planFacts, type PlanFacts } from "./facts.ts";
import { refusedPlan, unfinishedRetirements } from "./refusals.ts";

/*
 * The state keeps the facts of the last run as a Stash's input, and a hook in front of its update sees both. It runs in
 * previews as well, so it only compares. Neither name holds the cluster's: under a new one, the guard would be new, too,
 * and have nothing to compare with.
 */

/** Whatever touches a machine depends on it: in front of all else, it refuses plans that would cost data. */
export function planGuard(config: HomelabConfig, parent: pulumi.Resource): pulumi.Resource {
  const guard = new pulumi.ResourceHook(
    "plan-guard",
    ({ oldInputs, newInputs }) => {
      const refused = refusedPlan(factsIn<PlanFacts>(oldInputs), factsIn<PlanFacts>(newInputs));
      if (refused) throw new Error(refused);
    },
    { onDryRun: true },
  );
  return new pulumi.Stash("plan", { input: planFacts(config) }, { parent, hooks: { beforeUpdate: [guard] } });
}

interface SettledFacts {
  declared: string[];
  retired: string[];
}

/**
 * The end of a run: which nodes it declared, and which of them are retired for good. The engine deletes what is no longer
 * declared only after everything else, so this refusal comes in time.
 */
export function settledGuard(
  config: HomelabConfig,
  parent: pulumi.Resource,
  dependsOn: pulumi.Resource[],
): pulumi.Resource {
  const facts: SettledFacts = {
    declared: config.nodes.map(({ name }) => name),
    retired: config.nodes.filter(({ retiring }) => retiring === true).map(({ name }) => name),
  };
  const guard = new pulumi.ResourceHook(
    "settled-guard",
    ({ oldInputs, newInputs }) => {
      const refused = unfinishedRetirements(
        factsIn<SettledFacts>(oldInputs),
        factsIn<SettledFacts>(newInputs).declared,
      );
      if (refused) throw new Error(refused);
    },
    { onDryRun: true },
  );
  return new pulumi.Stash(
    "settled",
    { input: facts },
    { parent, dependsOn, hooks: { beforeUpdate: [guard] } },
  );
}

function factsIn<T>(inputs: unknown): T {
  return (inputs as { input: T }).input;
}
