import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumiverse/talos";
import { LivingCluster } from "../clients/living-cluster.ts";
import type { HomelabConfig } from "../config/types.ts";
import { programContext } from "../hooks/context.ts";
import { Turns } from "../hooks/turns.ts";
import { ClusterGates } from "./cluster-gates.ts";
import { recordDiskGate } from "./disk-gate.ts";
import { recordKeptNodes } from "./kept-nodes.ts";
import { endpointUrl } from "./machine-config.ts";
import { machineConfigs, type MachineHandle } from "./machine-configs.ts";
import { ready } from "./ready.ts";
import { Upgrade } from "./upgrade/upgrade.ts";

export interface ClusterArgs {
  config: Pick<HomelabConfig, "cluster" | "network" | "nodes" | "upgrade" | "protect" | "allow">;
  /** By node name. */
  machines: Map<string, MachineHandle>;
  /** The image that Talos upgrades from, recorded in every machine config. */
  installerImage: string;
  /** What that image is made of. */
  schematicId: string;
  /** How many nodes had a node's name before it. */
  life: (node: string) => number;
}

/**
 * The Talos cluster: secrets, the gate of the data disks, upgrades of what runs, machine configs, bootstrap, and the wait
 * until it answers. Whatever needs Kubernetes depends on `ready`.
 */
export class Cluster extends pulumi.ComponentResource {
  readonly talosconfig: pulumi.Output<string>;
  readonly kubeconfig: pulumi.Output<string>;
  /** Done once the API answers, every node is Ready, and runs what it should. */
  readonly ready: pulumi.Resource;
  /** The cluster as it is, for hooks. */
  readonly living: LivingCluster;
  /** By node name: replaced when the node's machine was, and so the sign of a node that begins anew. */
  readonly applied: Map<string, talos.machine.ConfigurationApply>;

  constructor(name: string, args: ClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:talos:Cluster", name, {}, opts);
    const { config, machines, installerImage, schematicId, life } = args;
    const controlPlanes = config.nodes.filter((node) => node.role === "controlplane");
    // What is to work from now on asks those that stay.
    const staying = controlPlanes.filter(({ retiring }) => retiring !== true);
    const first = staying[0] ?? controlPlanes[0]!;

    const secrets = new talos.machine.Secrets(
      `${name}-secrets`,
      { talosVersion: config.cluster.talosVersion },
      // A lower version would replace every secret of the cluster, and a higher one changes nothing about them.
      { parent: this, protect: config.protect, ignoreChanges: ["talosVersion"] },
    );

    const { clientConfiguration } = secrets;
    this.living = new LivingCluster(config, clientConfiguration);
    const turns = new Turns();
    const gates = new ClusterGates(config.nodes, clientConfiguration, programContext());
    const diskGate = recordDiskGate(
      `${name}-disk-proof`,
      { nodes: config.nodes, gates },
      { parent: this, dependsOn: [secrets, ...[...machines.values()].map((machine) => machine.vm)] },
    );
    // Before the configs, which may be of a form that only the new version reads, and carry the new Kubernetes version.
    const upgrade = new Upgrade(
      `${name}-upgrade`,
      { config, living: this.living, installerImage, schematicId, turns },
      { parent: this, dependsOn: [diskGate] },
    );
    const sending = { parent: this, dependsOn: [diskGate, upgrade.done] };
    const kept = recordKeptNodes(
      name,
      { nodes: config.nodes, protect: config.protect, life, gates },
      sending,
    );
    this.applied = machineConfigs(
      name,
      { config, machines, installerImage, secrets, gates, living: this.living, kept, turns },
      sending,
    );
    const controlPlaneConfigs = controlPlanes.map((node) => this.applied.get(node.name)!);

    const bootstrap = new talos.machine.Bootstrap(
      `${name}-bootstrap`,
      { node: first.address, endpoint: first.address, clientConfiguration },
      {
        parent: this,
        dependsOn: controlPlaneConfigs,
        // Once in a cluster's life: a second bootstrap starts a second etcd beside a living one. So no change of the
        // config ever touches this resource, and a replaced machine joins by its secrets instead.
        ignoreChanges: ["node", "endpoint", "clientConfiguration"],
      },
    );

    const kubeconfig = new talos.cluster.Kubeconfig(
      `${name}-kubeconfig`,
      { node: first.address, endpoint: first.address, clientConfiguration },
      {
        parent: this,
        dependsOn: [bootstrap],
        // The provider never asks for it again by itself, and it says where the API is.
        replacementTrigger: endpointUrl(config),
      },
    );
    this.kubeconfig = pulumi.secret(kubeconfig.kubeconfigRaw);

    this.talosconfig = pulumi.secret(
      talos.client.getConfigurationOutput(
        {
          clusterName: config.cluster.name,
          clientConfiguration,
          endpoints: staying.map((node) => node.address),
          nodes: config.nodes.map((node) => node.address),
        },
        { parent: this },
      ).talosConfig,
    );

    this.ready = ready(
      `${name}-ready`,
      {
        kubernetesVersion: config.cluster.kubernetesVersion,
        installerImage,
        applied: this.applied,
        gates,
        upgrade,
      },
      { parent: this, dependsOn: [kubeconfig, ...this.applied.values()] },
    );

    this.registerOutputs({ talosconfig: this.talosconfig, kubeconfig: this.kubeconfig });
  }
}
