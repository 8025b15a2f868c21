/**
 * The provider `talos` of the rehearsal: the resources and functions of @pulumiverse/talos over the simulated nodes, with the
 * semantics of terraform-provider-talos 0.11.0. Configs, patches, secrets and selectors are Talos's own machinery's.
 */
import { openDoor } from "../../api/talos/door.ts";
import type { Interceptor } from "../../world/kernel/request-faults.ts";
import type { World } from "../../world/kernel/world.ts";
import type { SimulatedProvider } from "../server/index.ts";
import { bootstrapResource } from "./bootstrap.ts";
import { configurationApplyResource } from "./configuration-apply.ts";
import { getVersions } from "./factory-functions.ts";
import { getKubeconfig, kubeconfigResource } from "./kubeconfig.ts";
import { getClientConfiguration, getDisks, getHealth, getMachineConfiguration } from "./machine-functions.ts";
import { schematicResource } from "./schematic.ts";
import { secretsResource } from "./secrets.ts";

/** The plugin version that @pulumiverse/talos names. */
export const TALOS_PROVIDER_VERSION = "0.8.1";

export function talosProvider(world: World, intercept?: Interceptor): SimulatedProvider {
  const door = openDoor(world, intercept);
  return {
    name: "talos",
    version: TALOS_PROVIDER_VERSION,
    resources: {
      "talos:cluster/kubeconfig:Kubeconfig": kubeconfigResource(door),
      "talos:imageFactory/schematic:Schematic": schematicResource(world),
      "talos:machine/bootstrap:Bootstrap": bootstrapResource(door),
      "talos:machine/configurationApply:ConfigurationApply": configurationApplyResource(door),
      "talos:machine/secrets:Secrets": secretsResource(world),
    },
    functions: {
      "talos:client/getConfiguration:getConfiguration": getClientConfiguration(world),
      "talos:cluster/getHealth:getHealth": getHealth(world),
      "talos:cluster/getKubeconfig:getKubeconfig": getKubeconfig(door),
      "talos:imageFactory/getVersions:getVersions": getVersions,
      "talos:machine/getConfiguration:getConfiguration": getMachineConfiguration(world),
      "talos:machine/getDisks:getDisks": getDisks(door),
    },
  };
}
