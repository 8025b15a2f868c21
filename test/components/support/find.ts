import type { Registration, Run } from "./mock-engine.ts";

/** The one resource of that name and type; names alone may serve a component and its child. */
export function resource(run: Run<unknown>, name: string, type?: string): Registration {
  const found = run.resources.filter((it) => it.name === name && (type === undefined || it.type === type));
  if (found.length !== 1) throw new Error(`${found.length} resources are named ${name}`);
  return found[0]!;
}

/** Names of the resources of a type, sorted. */
export function namesOf(run: Run<unknown>, type: string): string[] {
  return run.resources
    .filter((it) => it.type === type)
    .map((it) => it.name)
    .sort();
}

/** The name at the end of a URN, or of a provider's reference. */
export function nameIn(urn: string): string {
  return urn.split("::")[3] ?? "";
}

/** Options with names in the place of URNs, easier to read and to compare. */
export function optionsOf({ options }: Registration): Record<string, unknown> {
  const { provider, dependsOn, replaceWith, hooks, ...rest } = options;
  return {
    ...rest,
    ...(provider && { provider: nameIn(provider) }),
    ...(dependsOn && { dependsOn: dependsOn.map(nameIn).sort() }),
    ...(replaceWith && { replaceWith: replaceWith.map(nameIn).sort() }),
    ...(hooks && { hooks: Object.keys(hooks).sort() }),
  };
}
