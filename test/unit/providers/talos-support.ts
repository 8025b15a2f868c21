/** Calls handlers of the talos provider directly, as the server would, in a homelab whose only machine is not started yet. */
import { beforeEach } from "vitest";
import type {
  PropertyMap,
  ResourceContext,
  SimulatedProvider,
} from "../../../rehearsal/providers/server/index.ts";
import { talosProvider } from "../../../rehearsal/providers/talos/index.ts";
import { Lab } from "../../support/world/lab.ts";

export const NODE = "192.168.1.126";
export const APPLY = "talos:machine/configurationApply:ConfigurationApply";

export let lab: Lab;
export let provider: SimulatedProvider;

/** To be called once in a test file: every test gets a homelab of its own. */
export function withProvider(): void {
  beforeEach(async () => {
    lab = await Lab.open();
    provider = talosProvider(lab.world);
    lab.addVm({ vmId: 100, name: "cp-1", address: NODE });
  });
}

export async function applyInputs(extra: PropertyMap = {}): Promise<PropertyMap> {
  return {
    node: NODE,
    clientConfiguration: lab.secrets.clientConfiguration,
    machineConfigurationInput: await lab.config({ hostname: "cp-1" }),
    applyMode: "auto",
    ...extra,
  };
}

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
  token: string,
  inputs: PropertyMap,
  parts: Partial<ResourceContext> = {},
): Promise<{ id: string; outputs: PropertyMap }> {
  return provider.resources[token]!.create(inputs, context(parts));
}

export function invoke(token: string, args: PropertyMap): Promise<PropertyMap> {
  return provider.functions[token]!(args, { ...context(), preview: false });
}
