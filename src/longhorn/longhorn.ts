import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { NodeConfig } from "../config/types.ts";
import type { LivingCluster } from "../clients/living-cluster.ts";
import { recordNodeValues, recordValue } from "../hooks/recorded-value.ts";
import { jumpIn, planChartVersion } from "../kubernetes/chart-version.ts";
import { recordDeployed } from "../kubernetes/deployed.ts";
import { ownedJobs, ownedNamespace, type OwnerArgs } from "../kubernetes/owned-objects.ts";
import { passEvacuatedGate, passWholeGate } from "./copies-gate.ts";
import { mountCheckJob } from "./data-volume-check.ts";
import { recordRetirement } from "./retirement.ts";
import { passUpgradeGate } from "./upgrade-gate.ts";
import { LONGHORN_NAMESPACE, longhornValues, type StorageArgs } from "./values.ts";

const REPOSITORY = "https://charts.longhorn.io";
/** Seconds. Some twenty images are pulled on every node. */
const INSTALL_TIMEOUT = 900;

export interface LonghornArgs extends StorageArgs {
  /** Name of the cluster, with which what is made in it is marked as ours. */
  clusterName: string;
  /** Whether the release refuses to be deleted. */
  protect: boolean;
  /** By node name; a check of a node's volume is repeated when its machine config was applied anew. */
  applied: Map<string, pulumi.Resource>;
  /** For hooks. */
  living: LivingCluster;
}

/** Replicated storage on the data disks, and only there. */
export class Longhorn extends pulumi.ComponentResource {
  readonly release: k8s.helm.v3.Release;
  /** Done once Helm says that it is installed. */
  readonly deployed: pulumi.Resource;
  /** Done once every volume has all its copies, and a node that retires has none. */
  readonly whole: pulumi.Resource;

  constructor(name: string, args: LonghornArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:longhorn:Longhorn", name, {}, opts);
    const { longhorn, nodes, living } = args;
    const objects = () => living.objects();
    const owner: OwnerArgs = { cluster: args.clusterName, objects };

    const namespace = ownedNamespace(
      `${name}-namespace`,
      owner,
      {
        name: LONGHORN_NAMESPACE,
        // Talos enforces `baseline` elsewhere; Longhorn enters its hosts' namespaces.
        labels: { "pod-security.kubernetes.io/enforce": "privileged" },
      },
      { parent: this },
    );

    const checked = new Map<string, { node: NodeConfig; sizeGiB: number }>(
      nodes.flatMap((node) =>
        node.dataDisk ? [[`${name}-data-volume-${node.name}`, { node, sizeGiB: node.dataDisk.sizeGiB }]] : [],
      ),
    );
    const checks = ownedJobs(
      `${name}-data-volume`,
      owner,
      new Map([...checked].map(([check, { node, sizeGiB }]) => [check, mountCheckJob(node, sizeGiB)])),
      (check) => ({
        parent: this,
        dependsOn: [namespace],
        replaceWith: [args.applied.get(checked.get(check)!.node.name)!],
      }),
    );

    this.release = new k8s.helm.v3.Release(
      `${name}-release`,
      {
        name: "longhorn",
        namespace: LONGHORN_NAMESPACE,
        chart: "longhorn",
        version: longhorn.version,
        repositoryOpts: { repo: REPOSITORY },
        values: longhornValues(args),
        timeout: INSTALL_TIMEOUT,
      },
      // Protected like the machines: a destroy takes the releases first, and every volume with them.
      {
        parent: this,
        protect: args.protect,
        dependsOn: [namespace, ...checks],
        hooks: {
          beforeUpdate: [planChartVersion(`${name}-version-plan`, "longhorn", this), this.#gate(living)],
        },
      },
    );

    this.deployed = recordDeployed(`${name}-deployed`, { release: this.release, objects }, { parent: this });

    const evacuated = this.#evacuate(name, args);
    this.whole = recordValue(
      `${name}-copies-whole`,
      {
        // Asked again whenever a data disk comes, grows or goes, after each upgrade of Longhorn, and when a node begins anew.
        value: { longhorn: longhorn.version, dataDisks: dataDiskSizes(nodes) },
        act: () => passWholeGate({ ...living.waiting(living.log(this)), reader: living }),
      },
      {
        parent: this,
        dependsOn: [this.deployed, ...evacuated],
        replaceWith: [...args.applied.values()],
      },
    );

    this.registerOutputs({ namespace: LONGHORN_NAMESPACE });
  }

  /** It asks the cluster, and only where another version is about to come. */
  #gate(living: LivingCluster): (hook: pulumi.ResourceHookArgs) => Promise<void> {
    return async (hook) => {
      const jump = jumpIn(hook);
      if (jump) await passUpgradeGate({ ...living.waiting(living.log(this)), reader: living, ...jump });
    };
  }

  /**
   * For each node with a data disk, whether Longhorn uses it; for those that retire, a wait until their copies are elsewhere, once
   * Longhorn was told of all nodes: one that is used again may be where they go.
   */
  #evacuate(name: string, { nodes, living }: LonghornArgs): pulumi.Resource[] {
    const told = recordRetirement(
      name,
      { nodes, objects: () => living.objects() },
      { parent: this, dependsOn: [this.deployed] },
    );
    const gates = recordNodeValues(
      `${name}-evacuated`,
      {
        nodes: nodes.filter(({ dataDisk, retiring }) => dataDisk !== undefined && retiring === true),
        resourceName: (node) => `${name}-evacuated-${node.name}`,
        value: (node) => node.name,
        act: (_change, node) =>
          passEvacuatedGate({ ...living.waiting(living.log(this)), reader: living, node: node.name }),
      },
      { parent: this, dependsOn: told },
    );
    return [...told, ...gates.values()];
  }
}

/** GiB, by node name. */
function dataDiskSizes(nodes: readonly NodeConfig[]): Record<string, number> {
  return Object.fromEntries(
    nodes.flatMap(({ name, dataDisk }) => (dataDisk ? [[name, dataDisk.sizeGiB]] : [])),
  );
}
