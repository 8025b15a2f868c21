import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { HomelabConfig, NodeConfig } from "../config/types.ts";
import { chartGuard, versionIn } from "../plan/chart-guard.ts";
import type { LivingCluster } from "../clients/living-cluster.ts";
import { deployed } from "../kubernetes/deployed.ts";
import { ownedJob, ownedNamespace, type OwnerArgs } from "../kubernetes/owned-objects.ts";
import { copiesWholeJob, evacuatedJob } from "./copies-check.ts";
import { mountCheckJob } from "./data-volume-check.ts";
import { retirement } from "./retirement.ts";
import { volumesFit } from "./upgrade-gate.ts";
import { LONGHORN_NAMESPACE, longhornValues } from "./values.ts";

const REPOSITORY = "https://charts.longhorn.io";
/** Seconds. Some twenty images are pulled on every node. */
const INSTALL_TIMEOUT = 900;

export interface LonghornArgs {
  config: HomelabConfig;
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
    const { config } = args;
    const objects = () => args.living.objects();
    const owner: OwnerArgs = { cluster: config.cluster.name, objects };

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

    const checks = config.nodes.flatMap((node) =>
      node.dataDisk
        ? [
            ownedJob(`${name}-data-volume-${node.name}`, owner, mountCheckJob(node, node.dataDisk.sizeGiB), {
              parent: this,
              dependsOn: [namespace],
              replaceWith: [args.applied.get(node.name)!],
            }),
          ]
        : [],
    );

    this.release = new k8s.helm.v3.Release(
      `${name}-release`,
      {
        name: "longhorn",
        namespace: LONGHORN_NAMESPACE,
        chart: "longhorn",
        version: config.longhorn.version,
        repositoryOpts: { repo: REPOSITORY },
        values: longhornValues(config),
        timeout: INSTALL_TIMEOUT,
      },
      // Protected like the machines: a destroy takes the releases first, and every volume with them.
      {
        parent: this,
        protect: config.protect,
        dependsOn: [namespace, ...checks],
        hooks: { beforeUpdate: [chartGuard(`${name}-version-guard`, "longhorn", this), this.#gate(args)] },
      },
    );

    this.deployed = deployed(`${name}-deployed`, { release: this.release, objects }, { parent: this });

    const evacuations = config.nodes.flatMap((node) => this.#evacuate(name, node, args, owner));
    this.whole = ownedJob(`${name}-copies-whole`, owner, copiesWholeJob(config), {
      parent: this,
      dependsOn: [this.deployed, ...evacuations],
      replaceWith: [...args.applied.values()],
    });

    this.registerOutputs({ namespace: LONGHORN_NAMESPACE });
  }

  /** An effect, unlike the guard: it asks the cluster, and only where another version is about to come. */
  #gate({ living }: LonghornArgs): (hook: pulumi.ResourceHookArgs) => Promise<void> {
    return async ({ oldInputs, newInputs }) => {
      const [from, to] = [versionIn(oldInputs), versionIn(newInputs)];
      if (from === undefined || to === undefined || from === to) return;
      await volumesFit({ ...living.waiting(living.log(this)), reader: living, from, to });
    };
  }

  /** For each node with a data disk, whether Longhorn uses it; for one that retires, a wait until its copies are elsewhere. */
  #evacuate(
    name: string,
    node: NodeConfig,
    { config: { nodes }, living }: LonghornArgs,
    owner: OwnerArgs,
  ): pulumi.Resource[] {
    if (!node.dataDisk) return [];
    const told = retirement(
      `${name}-retirement-${node.name}`,
      { node, nodes, objects: owner.objects, log: living.log(this) },
      { parent: this, dependsOn: [this.deployed] },
    );
    if (node.retiring !== true) return [told];
    return [
      ownedJob(`${name}-evacuated-${node.name}`, owner, evacuatedJob(node), {
        parent: this,
        dependsOn: [told],
      }),
    ];
  }
}
