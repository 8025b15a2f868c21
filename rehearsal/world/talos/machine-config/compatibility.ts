/**
 * What a node of one version of Talos makes of a config that was written for another.
 *
 * Sources: pkg/machinery v1.11.0 and v1.12.0, config/types (the kinds each registers), config/internal/registry/registry.go
 * (the words), config/types/v1alpha1/v1alpha1_validation.go (RuntimeValidate: ValidateKubernetesImageTag).
 */
import { parseAllDocuments } from "yaml";
import { numbersOf } from "../../kernel/versions.ts";
import type { World } from "../../kernel/world.ts";
import type { NodeFacts } from "./node-facts.ts";

/** Documents by the minor of Talos that brought them. A node of an older one has never heard of them. */
const SINCE: Record<string, number> = Object.fromEntries(
  [
    "BondConfig",
    "BridgeConfig",
    "DHCPv4Config",
    "DHCPv6Config",
    "DummyLinkConfig",
    "HCloudVIPConfig",
    "HostnameConfig",
    "Layer2VIPConfig",
    "LinkAliasConfig",
    "LinkConfig",
    "OOMConfig",
    "ResolverConfig",
    "StaticHostConfig",
    "TimeSyncConfig",
    "VLANConfig",
    "WireguardConfig",
  ].map((kind) => [kind, 12]),
);

/** Why a node of that version cannot load the config, in the loader's words; undefined when it can. */
export function unknownDocument(talosVersion: string, machineConfig: string): string | undefined {
  const { minor } = numbersOf(talosVersion);
  for (const document of parseAllDocuments(machineConfig)) {
    const { kind, apiVersion } = (document.toJS() ?? {}) as { kind?: string; apiVersion?: string };
    if (kind !== undefined && (SINCE[kind] ?? 0) > minor) return `"${kind}" "${apiVersion}": not registered`;
  }
  return undefined;
}

/** Why a node of that version does not run the config's Kubernetes; undefined when it does. */
export async function unsupportedKubernetes(
  world: World,
  talosVersion: string,
  { kubernetesVersion }: NodeFacts,
): Promise<string | undefined> {
  const { refusal } = await world.systems.machinery.call<{ refusal?: string }>("kubernetes.check", {
    kubernetes: kubernetesVersion,
    talos: talosVersion,
  });
  return refusal;
}
