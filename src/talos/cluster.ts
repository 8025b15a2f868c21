import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumiverse/talos";
import type { HomelabConfig, NodeConfig, Role } from "../config/types.ts";
import type { Machine } from "../proxmox/machine.ts";
import { programContext } from "./async-context.ts";
import { ClusterProbes } from "./cluster-probes.ts";
import { nodePatches, rolePatches } from "./machine-config.ts";
import { OneAtATime } from "./one-at-a-time.ts";

export interface ClusterArgs {
  config: HomelabConfig;
  /** By node name. */
  machines: Map<string, Machine>;
  /** The image that Talos upgrades from, recorded in every machine config. */
  installerImage: string;
}

/**
 * The Talos cluster: secrets, machine configs, proof of the data disks, first application, bootstrap, and the wait
 * until it answers. Whatever needs Kubernetes depends on `ready`.
 */
export class Cluster extends pulumi.ComponentResource {
  readonly talosconfig: pulumi.Output<string>;
  readonly kubeconfig: pulumi.Output<string>;
  /** Done once the API answers and every node is Ready. */
  readonly ready: pulumi.Resource;
  /** By node name: replaced when the node's machine was, and so the sign of a node that begins anew. */
  readonly applied: Map<string, talos.machine.ConfigurationApply>;

  constructor(name: string, args: ClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:talos:Cluster", name, {}, opts);
    const { config } = args;
    const controlPlanes = config.nodes.filter((node) => node.role === "controlplane");
    const first = controlPlanes[0]!;

    const secrets = new talos.machine.Secrets(
      `${name}-secrets`,
      { talosVersion: config.cluster.talosVersion },
      // A lower version would replace every secret of the cluster, and a higher one changes nothing about them.
      { parent: this, protect: config.protect, ignoreChanges: ["talosVersion"] },
    );

    const probes = new ClusterProbes(config.nodes, secrets.clientConfiguration, programContext());
    this.applied = this.#apply(name, args, secrets, probes);
    const controlPlaneConfigs = controlPlanes.map((node) => this.applied.get(node.name)!);

    const bootstrap = new talos.machine.Bootstrap(
      `${name}-bootstrap`,
      { node: first.address, endpoint: first.address, clientConfiguration: secrets.clientConfiguration },
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
      { node: first.address, endpoint: first.address, clientConfiguration: secrets.clientConfiguration },
      { parent: this, dependsOn: [bootstrap] },
    );
    this.kubeconfig = pulumi.secret(kubeconfig.kubeconfigRaw);

    this.talosconfig = pulumi.secret(
      talos.client.getConfigurationOutput(
        {
          clusterName: config.cluster.name,
          clientConfiguration: secrets.clientConfiguration,
          endpoints: controlPlanes.map((node) => node.address),
          nodes: config.nodes.map((node) => node.address),
        },
        { parent: this },
      ).talosConfig,
    );

    // A value that changes with any node's config, so that the wait is repeated after every change.
    this.ready = new pulumi.Stash(
      `${name}-ready`,
      {
        input: Object.fromEntries(
          [...this.applied].map(([node, applied]) => [node, applied.machineConfigurationHash]),
        ),
      },
      {
        parent: this,
        dependsOn: [kubeconfig, ...this.applied.values()],
        // A replaced machine gets the same config again, so its hash alone would not show.
        replaceWith: [...this.applied.values()],
        hooks: { beforeCreate: [() => probes.healthy()], beforeUpdate: [() => probes.healthy()] },
      },
    );

    this.registerOutputs({ talosconfig: this.talosconfig, kubeconfig: this.kubeconfig });
  }

  /** One application per node: new nodes together, once every node's disks are proven; changes one after the other. */
  #apply(
    name: string,
    { config, machines, installerImage }: ClusterArgs,
    secrets: talos.machine.Secrets,
    probes: ClusterProbes,
  ): Map<string, talos.machine.ConfigurationApply> {
    const generated = {
      controlplane: this.#generate("controlplane", config, secrets),
      worker: this.#generate("worker", config, secrets),
    };
    const turn = new OneAtATime(() => probes.healthy());
    const everyVm = [...machines.values()].map((machine) => machine.vm);

    const apply = (node: NodeConfig) =>
      new talos.machine.ConfigurationApply(
        `${name}-${node.name}-config`,
        {
          node: node.address,
          endpoint: node.address,
          clientConfiguration: secrets.clientConfiguration,
          machineConfigurationInput: generated[node.role],
          configPatches: nodePatches(config, node, installerImage),
          applyMode: "auto",
        },
        {
          parent: this,
          // On every VM, not only its own: the proof looks at all of them before the first is touched.
          dependsOn: everyVm,
          // An emptied machine at the same address looks unchanged to the provider, whose reads are no-ops.
          replaceWith: [machines.get(node.name)!.vm],
          hooks: {
            beforeCreate: [() => probes.dataDisksProven()],
            beforeUpdate: [() => turn.acquire(node.name)],
            afterUpdate: [() => turn.release()],
            onError: [
              new pulumi.ErrorHook(`${name}-${node.name}-config-failed`, ({ failedOperation }) => {
                if (failedOperation === "update") turn.fail(`the update of ${node.name} failed`);
                return false;
              }),
            ],
          },
        },
      );
    return new Map(config.nodes.map((node) => [node.name, apply(node)]));
  }

  #generate(role: Role, config: HomelabConfig, secrets: talos.machine.Secrets): pulumi.Output<string> {
    const { cluster } = config;
    return talos.machine.getConfigurationOutput(
      {
        clusterName: cluster.name,
        clusterEndpoint: `https://${cluster.endpoint}:6443`,
        machineType: role,
        machineSecrets: secrets.machineSecrets,
        talosVersion: cluster.talosVersion,
        kubernetesVersion: cluster.kubernetesVersion,
        configPatches: rolePatches(config, role),
        docs: false,
        examples: false,
      },
      { parent: this },
    ).machineConfiguration;
  }
}
