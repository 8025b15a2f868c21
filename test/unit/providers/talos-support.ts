/** Calls handlers of the talos provider directly, as the server would. */
import type {
  PropertyMap,
  ResourceContext,
  SimulatedProvider,
} from "../../../rehearsal/providers/server/index.ts";

export const NODE = "192.168.1.126";

export function context(parts: Partial<ResourceContext> = {}): ResourceContext {
  return {
    configured: undefined,
    signal: new AbortController().signal,
    urn: "urn",
    preview: false,
    ...parts,
  };
}

export function create(
  provider: SimulatedProvider,
  token: string,
  inputs: PropertyMap,
  parts: Partial<ResourceContext> = {},
): Promise<{ id: string; outputs: PropertyMap }> {
  return provider.resources[token]!.create(inputs, context(parts));
}

export function invoke(provider: SimulatedProvider, token: string, args: PropertyMap): Promise<PropertyMap> {
  return provider.functions[token]!(args, { ...context(), preview: false });
}
