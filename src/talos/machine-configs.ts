import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumiverse/talos";
import type { LivingCluster } from "../clients/living-cluster.ts";
import type { HomelabConfig, NodeConfig, Role } from "../config/types.ts";
import type { ClusterGates } from "./cluster-gates.ts";
import { endpointUrl, nodePatches, rolePatches, type TalosConfig } from "./machine-config.ts";
import { byResource, nodeHook } from "../hooks/per-node.ts";
import type { Turns } from "../hooks/turns.ts";
import { passConfigGate } from "./upgrade/config-gate.ts";

/** What a config needs to know of the machine that it is for. */
export interface MachineHandle {
  vm: pulumi.Resource;
  /** Another value for a machine that was lost and made anew. */
  incarnation: pulumi.Output<unknown>;
}

export interface MachineConfigsArgs {
  config: TalosConfig & Pick<HomelabConfig, "nodes">;
  /** By node name. */
  machines: Map<string, MachineHandle>;
  /** The image that Talos upgrades from, recorded in every machine config. */
  installerImage: string;
  secrets: talos.machine.Secrets;
  gates: ClusterGates;
  /** For hooks. */
  living: LivingCluster;
  /** By node name: what must be on record before its config is sent. */
  kept: Map<string, pulumi.Resource>;
  /** One for all that may take a node down, as a changed config may. */
  turns: Turns;
}

/** One application per node, by its name: new nodes together, once the gate is open; changes one after the other. */
export function machineConfigs(
  name: string,
  { config, machines, installerImage, secrets, gates, living, kept, turns }: MachineConfigsArgs,
  opts: { parent: pulumi.Resource; dependsOn: pulumi.Resource[] },
): Map<string, talos.machine.ConfigurationApply> {
  const generated = {
    controlplane: generate("controlplane", config, secrets, opts.parent),
    worker: generate("worker", config, secrets, opts.parent),
  };
  const configName = (node: NodeConfig) => `${name}-${node.name}-config`;
  const nodes = byResource(config.nodes, configName);
  // Once more for this node: the gate may have opened in an earlier run, or for the machine before this one.
  const proven = nodeHook(`${name}-config-proven`, nodes, (node) => gates.passDisks([node]));
  const takeTurn = nodeHook(`${name}-config-turn`, nodes, (node) =>
    turns.take(node.name, async (turn) => {
      if (!turn.first) await gates.passHealth();
      const log = living.log(opts.parent);
      return passConfigGate({ ...living.waiting(log), access: await living.kubernetes(), node, turn });
    }),
  );
  const giveTurn = nodeHook(`${name}-config-done`, nodes, () => turns.give());
  const failTurn = new pulumi.ErrorHook(`${name}-config-failed`, ({ name, failedOperation }) => {
    if (failedOperation === "update") turns.fail(`the update of ${nodes.get(name)!.name} failed`);
    return false;
  });

  const apply = (node: NodeConfig) => {
    const machine = machines.get(node.name)!;
    return new talos.machine.ConfigurationApply(
      configName(node),
      {
        node: node.address,
        endpoint: node.address,
        clientConfiguration: secrets.clientConfiguration,
        machineConfigurationInput: generated[node.role],
        configPatches: nodePatches(config, node, installerImage),
        applyMode: "auto",
      },
      {
        ...opts,
        dependsOn: [...opts.dependsOn, kept.get(node.name)!],
        // An emptied machine at the same address looks unchanged to the provider, whose reads are no-ops.
        replaceWith: [machine.vm],
        // The same for one that was lost unknown to the program: it is made anew, but nothing is replaced.
        replacementTrigger: machine.incarnation,
        hooks: {
          beforeCreate: [proven],
          beforeUpdate: [takeTurn],
          afterUpdate: [giveTurn],
          onError: [failTurn],
        },
      },
    );
  };
  return new Map(config.nodes.map((node) => [node.name, apply(node)]));
}

function generate(
  role: Role,
  config: TalosConfig,
  secrets: talos.machine.Secrets,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const { cluster } = config;
  return talos.machine.getConfigurationOutput(
    {
      clusterName: cluster.name,
      clusterEndpoint: endpointUrl(config),
      machineType: role,
      machineSecrets: secrets.machineSecrets,
      talosVersion: cluster.talosVersion,
      kubernetesVersion: cluster.kubernetesVersion,
      configPatches: rolePatches(config, role),
      docs: false,
      examples: false,
    },
    { parent },
  ).machineConfiguration;
}
