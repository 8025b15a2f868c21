import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { HomelabConfig, NodeConfig } from "../config/types.ts";
import { chartGuard, versionIn } from "../plan/chart-guard.ts";
import type { Log } from "../talos/upgrade/access.ts";
import { wallClock } from "../talos/upgrade/poll.ts";
import { copiesWholeJob, evacuatedJob, evictionPatch } from "./copies-check.ts";
import { mountCheckJob } from "./data-volume-check.ts";
import { volumesFit, type StorageReader } from "./upgrade-gate.ts";
import { LONGHORN_NAMESPACE, longhornValues } from "./values.ts";

const REPOSITORY = "https://charts.longhorn.io";
/** Seconds. Some twenty images are pulled on every node. */
const INSTALL_TIMEOUT = 900;

export interface LonghornArgs {
  config: HomelabConfig;
  /** By node name; a check of a node's volume is repeated when its machine config was applied anew. */
  applied: Map<string, pulumi.Resource>;
  /** Who tells, when an upgrade is due, how the volumes are. */
  upgrade: StorageReader & { log(resource: pulumi.Resource): Log };
}

/** Replicated storage on the data disks, and only there. */
export class Longhorn extends pulumi.ComponentResource {
  /** What needs a volume depends on it. */
  readonly release: k8s.helm.v3.Release;
  /** Done once every volume has all its copies, and a node that retires has none. */
  readonly whole: pulumi.Resource;

  constructor(name: string, args: LonghornArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:longhorn:Longhorn", name, {}, opts);
    const { config } = args;

    const namespace = new k8s.core.v1.Namespace(
      `${name}-namespace`,
      {
        metadata: {
          name: LONGHORN_NAMESPACE,
          // Talos enforces `baseline` elsewhere; Longhorn enters its hosts' namespaces.
          labels: { "pod-security.kubernetes.io/enforce": "privileged" },
        },
      },
      { parent: this },
    );

    const checks = config.nodes.flatMap((node) =>
      node.dataDisk
        ? [
            new k8s.batch.v1.Job(
              `${name}-data-volume-${node.name}`,
              mountCheckJob(node, node.dataDisk.sizeGiB),
              {
                parent: this,
                dependsOn: [namespace],
                deleteBeforeReplace: true, // its name is fixed
                replaceWith: [args.applied.get(node.name)!],
              },
            ),
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

    const evacuations = config.nodes.flatMap((node) => this.#evacuate(name, node));
    this.whole = new k8s.batch.v1.Job(`${name}-copies-whole`, copiesWholeJob(config), {
      parent: this,
      dependsOn: [this.release, ...evacuations],
      deleteBeforeReplace: true,
      replaceWith: [...args.applied.values()],
    });

    this.registerOutputs({ namespace: LONGHORN_NAMESPACE });
  }

  /** An effect, unlike the guard: it asks the cluster, and only where another version is about to come. */
  #gate({ config, upgrade }: LonghornArgs): (hook: pulumi.ResourceHookArgs) => Promise<void> {
    return async ({ oldInputs, newInputs }) => {
      const [from, to] = [versionIn(oldInputs), versionIn(newInputs)];
      if (from === undefined || to === undefined || from === to) return;
      const { timeouts } = config.upgrade;
      await volumesFit({ reader: upgrade, from, to, timeouts, log: upgrade.log(this), clock: wallClock });
    };
  }

  /** For a node that retires: no new copies for it, and a wait until the ones it has are elsewhere. */
  #evacuate(name: string, node: NodeConfig): pulumi.Resource[] {
    if (!node.dataDisk || node.retiring === undefined) return [];
    const options = { parent: this, dependsOn: [this.release] };
    const patch = new k8s.apiextensions.CustomResourcePatch(
      `${name}-eviction-${node.name}`,
      evictionPatch(node),
      options,
    );
    if (!node.retiring) return [patch];
    const wait = new k8s.batch.v1.Job(`${name}-evacuated-${node.name}`, evacuatedJob(node), {
      parent: this,
      dependsOn: [patch],
      deleteBeforeReplace: true,
    });
    return [wait];
  }
}
