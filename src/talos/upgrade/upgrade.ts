import * as pulumi from "@pulumi/pulumi";
import type { LivingCluster } from "../../clients/living-cluster.ts";
import type { ClusterConfig, HomelabConfig, NodeConfig } from "../../config/types.ts";
import { kubernetesJump, kubernetesOutgrown, talosJump } from "../../plan/refusals/versions.ts";
import { changeOf } from "../../hooks/change.ts";
import type { Log } from "../../observe/access.ts";
import { deviatingNodes } from "./deviation.ts";
import { kubeletsAt, upgradeKubernetes } from "./kubernetes-step.ts";
import { upgradeNode } from "./step.ts";
import { changeOfImage, type NodeImage } from "./target.ts";

export interface UpgradeArgs {
  config: HomelabConfig;
  /** For hooks. */
  living: LivingCluster;
  /** What Talos is upgraded from. */
  installerImage: string;
  /** The installer's schematic. */
  schematicId: string;
}

/**
 * What every node runs, one value in the state per node, and what Kubernetes is at. Creating a value does nothing, for a
 * machine is born with its image; changing it upgrades the node, one after the other. A value moves only when its node
 * did, so an interrupted upgrade goes on where it stopped.
 */
export class Upgrade extends pulumi.ComponentResource {
  /** Done once everything that needed it was upgraded. What a newer version is asked of depends on it. */
  readonly done: pulumi.Resource;
  readonly #living: LivingCluster;
  readonly #kubernetesVersion: string;
  readonly #targets: { node: NodeConfig; image: NodeImage }[];

  /** @param opts `dependsOn`: what must be there before a node may move. */
  constructor(name: string, args: UpgradeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:talos:Upgrade", name, {}, opts);
    const { config } = args;
    this.#living = args.living;
    this.#kubernetesVersion = config.cluster.kubernetesVersion;
    this.#targets = chainOrder(config.nodes).map((node) => ({ node, image: nodeImage(args, node) }));

    let last: pulumi.Resource | undefined;
    for (const [index, { node, image }] of this.#targets.entries()) {
      last = this.#node(
        `${name}-${node.name}-image`,
        node,
        image,
        `${index + 1} of ${this.#targets.length}`,
        last,
      );
    }
    this.done = this.#kubernetes(`${name}-kubernetes-version`, config.cluster, last!);
    this.registerOutputs({});
  }

  /**
   * For the end of a run: makes sure that every node runs what the configuration says, whatever the state says. A machine may have
   * been made of an older image by a run that failed, or before there were upgrades. Asks Kubernetes alone, and talosctl is only
   * needed where there is something to upgrade.
   */
  async everywhere(): Promise<void> {
    const log = this.#living.log(this);
    const common = { ...this.#living.waiting(log), access: await this.#living.kubernetes() };
    for (const { node, image } of await deviatingNodes({ ...common, targets: this.#targets })) {
      await log(`${node.name}: does not run ${image.installerImage} yet`);
      await this.#move(node, image, log);
    }
    await kubeletsAt({ ...common, to: this.#kubernetesVersion });
  }

  async #move(node: NodeConfig, target: NodeImage, log: Log): Promise<void> {
    const common = this.#living.waiting(log);
    await this.#living.access((access) => upgradeNode({ ...common, access, node, target }));
  }

  #node(
    name: string,
    node: NodeConfig,
    image: NodeImage,
    place: string,
    last: pulumi.Resource | undefined,
  ): pulumi.Resource {
    const log = this.#living.log(this);
    // Pure, and in previews as well: what would change, and whether it can.
    const plan = new pulumi.ResourceHook(
      `${name}-plan`,
      async (hook) => {
        const { before, after } = changeOf<NodeImage>(hook);
        const refused = talosJump(before.talosVersion, after.talosVersion);
        if (refused !== undefined) throw new Error(`${node.name}: ${refused}. Nothing was changed.`);
        await log(`${node.name}: ${changeOfImage(before, after) ?? "the same image"} (${place})`);
      },
      { onDryRun: true },
    );
    return new pulumi.Stash(
      name,
      { input: { ...image } },
      {
        parent: this,
        ...(last && { dependsOn: [last] }),
        hooks: { beforeUpdate: [plan, () => this.#move(node, image, log)] },
      },
    );
  }

  #kubernetes(
    name: string,
    { kubernetesVersion, talosVersion }: ClusterConfig,
    last: pulumi.Resource,
  ): pulumi.Resource {
    const log = this.#living.log(this);
    const plan = new pulumi.ResourceHook(
      `${name}-plan`,
      async (hook) => {
        const { before, after } = changeOf<{ kubernetesVersion: string }>(hook);
        const refused =
          kubernetesJump(before.kubernetesVersion, after.kubernetesVersion) ??
          kubernetesOutgrown(before.kubernetesVersion, talosVersion);
        if (refused !== undefined) throw new Error(`${refused}. Nothing was changed.`);
        await log(`Kubernetes ${before.kubernetesVersion} -> ${after.kubernetesVersion}`);
      },
      { onDryRun: true },
    );
    return new pulumi.Stash(
      name,
      { input: { kubernetesVersion } },
      {
        parent: this,
        dependsOn: [last],
        hooks: {
          beforeUpdate: [
            plan,
            () =>
              this.#living.access((access) =>
                upgradeKubernetes({ ...this.#living.waiting(log), access, to: kubernetesVersion }),
              ),
          ],
        },
      },
    );
  }
}

/** Control planes first, so that workers never run a newer Talos than those they join; each as the configuration lists it. */
export function chainOrder(nodes: readonly NodeConfig[]): NodeConfig[] {
  return [
    ...nodes.filter(({ role }) => role === "controlplane"),
    ...nodes.filter(({ role }) => role === "worker"),
  ];
}

function nodeImage({ config, installerImage, schematicId }: UpgradeArgs, { name }: NodeConfig): NodeImage {
  const { talosVersion, extensions } = config.cluster;
  return { node: name, talosVersion, schematicId, extensions, installerImage };
}
