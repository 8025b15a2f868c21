import * as pulumi from "@pulumi/pulumi";
import type * as talos from "@pulumiverse/talos";
import type { ClusterGates } from "./cluster-gates.ts";
import { recordValue, type Change } from "../hooks/recorded-value.ts";
import type { Upgrade } from "./upgrade/upgrade.ts";

export interface ReadyArgs {
  /** Without a leading `v`. */
  kubernetesVersion: string;
  installerImage: string;
  /** By node name. */
  applied: Map<string, talos.machine.ConfigurationApply>;
  gates: ClusterGates;
  upgrade: Upgrade;
}

interface ReadyInput {
  configs: Record<string, string>;
  installerImage: string;
  kubernetesVersion: string;
}

/**
 * Done once the cluster is healthy and every node runs what it should. Its value changes with any node's config and with
 * the versions, so that the wait is repeated after every change.
 */
export function ready(
  name: string,
  { kubernetesVersion, installerImage, applied, gates, upgrade }: ReadyArgs,
  opts: { parent: pulumi.Resource; dependsOn: pulumi.Resource[] },
): pulumi.Resource {
  return recordValue<ReadyInput>(
    name,
    {
      value: pulumi.output({
        configs: Object.fromEntries(
          [...applied].map(([node, { machineConfigurationHash }]) => [node, machineConfigurationHash]),
        ),
        installerImage,
        kubernetesVersion,
      }),
      act: async (change) => {
        if (onlyRemovals(change)) return;
        await gates.passHealth();
        await upgrade.everywhere();
      },
    },
    // A replaced machine gets the same config again, so its hash alone would not show.
    { ...opts, replaceWith: [...applied.values()] },
  );
}

/** A node that goes is still there by then, expected by nobody: the check could only fail, and has nothing to find. */
function onlyRemovals({ before, after }: Change<ReadyInput>): boolean {
  if (!before) return false;
  const { configs, ...versions } = before;
  const unchanged =
    versions.installerImage === after.installerImage &&
    versions.kubernetesVersion === after.kubernetesVersion;
  const fewer = Object.keys(after.configs).length < Object.keys(configs).length;
  return unchanged && fewer && Object.entries(after.configs).every(([node, hash]) => configs[node] === hash);
}
