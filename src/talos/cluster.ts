import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumiverse/talos";
import type { HomelabConfig, NodeConfig, Role } from "../config/types.ts";
import type { Machine } from "../proxmox/machine.ts";
import { programContext } from "../hook-context.ts";
import { ClusterProbes } from "./cluster-probes.ts";
import { declaredDisks } from "./data-disk.ts";
import { endpointUrl, nodePatches, rolePatches } from "./machine-config.ts";
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
    const gate = this.#gate(name, args, secrets, probes);
    this.applied = this.#apply(name, args, secrets, probes, gate);
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
        hooks: {
          beforeCreate: [() => probes.healthy()],
          beforeUpdate: [(hook) => (onlyRemovals(hook) ? undefined : probes.healthy())],
        },
      },
    );

    this.registerOutputs({ talosconfig: this.talosconfig, kubeconfig: this.kubeconfig });
  }

  /**
   * The gate before the first application: it passes once every node's disks are proven, all looked at in one round. A
   * node that joins later, or whose disks are declared anew, is proven alone and the running ones are left in peace.
   */
  #gate(
    name: string,
    { config, machines }: ClusterArgs,
    secrets: talos.machine.Secrets,
    probes: ClusterProbes,
  ): pulumi.Resource {
    return new pulumi.Stash(
      `${name}-disk-proof`,
      { input: Object.fromEntries(config.nodes.map((node) => [node.name, declaredDisks(node)])) },
      {
        parent: this,
        dependsOn: [secrets, ...[...machines.values()].map((machine) => machine.vm)],
        hooks: {
          beforeCreate: [() => probes.dataDisksProven()],
          beforeUpdate: [
            (hook) => {
              const { before, after } = changeOf(hook);
              return probes.dataDisksProven(config.nodes.filter(({ name }) => before[name] !== after[name]));
            },
          ],
        },
      },
    );
  }

  /** One application per node: new nodes together, once the gate is open; changes one after the other. */
  #apply(
    name: string,
    { config, machines, installerImage }: ClusterArgs,
    secrets: talos.machine.Secrets,
    probes: ClusterProbes,
    gate: pulumi.Resource,
  ): Map<string, talos.machine.ConfigurationApply> {
    const generated = {
      controlplane: this.#generate("controlplane", config, secrets),
      worker: this.#generate("worker", config, secrets),
    };
    const turn = new OneAtATime(() => probes.healthy());

    const apply = (node: NodeConfig) => {
      const machine = machines.get(node.name)!;
      return new talos.machine.ConfigurationApply(
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
          dependsOn: [gate],
          // An emptied machine at the same address looks unchanged to the provider, whose reads are no-ops.
          replaceWith: [machine.vm],
          // The same for one that was lost behind the program's back: it is made anew, but nothing is replaced.
          replacementTrigger: machine.incarnation,
          hooks: {
            // Once more for this node: the gate may have opened in an earlier run, or for the machine before this one.
            beforeCreate: [() => probes.dataDisksProven([node])],
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
    };
    return new Map(config.nodes.map((node) => [node.name, apply(node)]));
  }

  #generate(role: Role, config: HomelabConfig, secrets: talos.machine.Secrets): pulumi.Output<string> {
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
      { parent: this },
    ).machineConfiguration;
  }
}

/** The input of a Stash, by node, before and after. */
function changeOf({ oldInputs, newInputs }: pulumi.ResourceHookArgs) {
  const byNode = (inputs: unknown) =>
    ((inputs as { input?: unknown } | undefined)?.input ?? {}) as Record<string, unknown>;
  return { before: byNode(oldInputs), after: byNode(newInputs) };
}

/** A node that goes is still there by then, expected by nobody: the check could only fail, and has nothing to find. */
function onlyRemovals(hook: pulumi.ResourceHookArgs): boolean {
  const { before, after } = changeOf(hook);
  const fewer = Object.keys(after).length < Object.keys(before).length;
  return fewer && Object.entries(after).every(([node, hash]) => before[node] === hash);
}
