/**
 * What the state of this stack holds when a run begins. Refusals compare with it: only what was really made is in there,
 * and it is read before anything is registered, so that nothing is touched by a run that is refused.
 */
import * as pulumi from "@pulumi/pulumi";

export interface StateResource {
  urn: string;
  /** E.g. `pulumi:index:Stash`. */
  type: string;
  outputs: Record<string, unknown>;
}

/** A function of the engine itself (pulumi, pkg/resource/deploy/builtins.go); it reads the backend and nothing else. */
const READ = "pulumi:pulumi:readStackResourceOutputs";
/** What backends without organizations call theirs. */
const NO_ORGANIZATION = "organization";

/** Empty for a stack that was never brought up. */
export async function ownState(): Promise<StateResource[]> {
  const { outputs } = (await pulumi.runtime.invoke(READ, { stackName: fullStackName() }, {})) as {
    outputs?: Record<string, { type: string; outputs: Record<string, unknown> }>;
  };
  return Object.entries(outputs ?? {}).map(([urn, resource]) => ({ urn, ...resource }));
}

/** Where there are organizations, a bare name would be looked for in the user's own. */
function fullStackName(): string {
  const organization = pulumi.getOrganization();
  const stack = pulumi.getStack();
  return organization === NO_ORGANIZATION ? stack : `${organization}/${pulumi.getProject()}/${stack}`;
}
