import * as pulumi from "@pulumi/pulumi";
import type { LivingCluster } from "../../clients/living-cluster.ts";
import type { ClusterConfig, HomelabConfig, NodeConfig } from "../../config/types.ts";
import { kubernetesJump, kubernetesOutgrown, talosJump } from "../../plan/refusals/versions.ts";
import { recordNodeValues, recordValue } from "../../hooks/recorded-value.ts";
import type { Turns } from "../../hooks/turns.ts";
import { findDeviatingNodes, type Target } from "./deviation.ts";
import { awaitKubelets, upgradeKubernetes } from "./kubernetes-step.ts";
import { upgradeNode } from "./step.ts";
import { changeOfImage, type NodeImage } from "./target.ts";

export interface UpgradeArgs {
  config: Pick<HomelabConfig, "cluster" | "nodes">;
  /** For hooks. */
  living: LivingCluster;
  /** What Talos is upgraded from. */
  installerImage: string;
  /** The installer's schematic. */
  schematicId: string;
  /** One for all that takes a node down. */
  turns: Turns;
}

/**
 * What every node runs, one value in the state per node, and what Kubernetes is at. Creating a value does nothing, for a
 * machine is born with its image; changing it upgrades the node, one after the other, control planes first, so that workers never run
 * a newer Talos than those they join. A value moves only when its node did, so an interrupted upgrade goes on where it stopped.
 */
export class Upgrade extends pulumi.ComponentResource {
  /** Done once everything that needed it was upgraded. What a newer version is asked of depends on it. */
  readonly done: pulumi.Resource;
  readonly #living: LivingCluster;
  readonly #turns: Turns;
  readonly #kubernetesVersion: string;
  readonly #targets: Map<string, Target>;

  /** @param opts `dependsOn`: what must be there before a node may move. */
  constructor(name: string, args: UpgradeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:talos:Upgrade", name, {}, opts);
    const { nodes, cluster } = args.config;
    this.#living = args.living;
    this.#turns = args.turns;
    this.#kubernetesVersion = cluster.kubernetesVersion;
    const [controlPlanes, workers] = byRole(nodes);
    this.#targets = new Map(
      [...controlPlanes, ...workers].map((node) => [node.name, { node, image: nodeImage(args, node) }]),
    );

    this.done = this.#kubernetes(`${name}-kubernetes-version`, cluster, this.#values(name, controlPlanes));
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
    const targets = [...this.#targets.values()];
    for (const { node, image } of await findDeviatingNodes({ ...common, targets })) {
      await log(`${node.name}: does not run ${image.installerImage} yet`);
      await this.#move(node);
    }
    await awaitKubelets({ ...common, to: this.#kubernetesVersion });
  }

  #move(node: NodeConfig): Promise<void> {
    const { image } = this.#targets.get(node.name)!;
    const rank = [...this.#targets.keys()].indexOf(node.name);
    const common = this.#living.waiting(this.#living.log(this));
    return this.#turns.run(node.name, rank, () =>
      this.#living.access(async (access) => {
        await upgradeNode({ ...common, access, node, target: image });
      }),
    );
  }

  #values(name: string, controlPlanes: readonly NodeConfig[]): pulumi.Resource[] {
    const values = recordNodeValues<NodeImage>(
      `${name}-image`,
      {
        on: "update",
        nodes: [...this.#targets.values()].map(({ node }) => node),
        resourceName: (node) => `${name}-${node.name}-image`,
        value: (node) => this.#targets.get(node.name)!.image,
        refuse: ({ before, after }, node) => {
          const refused = before && talosJump(before.talosVersion, after.talosVersion);
          return refused && `${node.name}: ${refused}. Nothing was changed.`;
        },
        announce: ({ before, after }, node) => [
          `${node.name}: ${(before && changeOfImage(before, after)) ?? "the same image"}`,
        ],
        act: (_change, node) => this.#move(node),
      },
      { parent: this },
      ({ role }, made) =>
        role === "worker" ? { dependsOn: controlPlanes.map(({ name }) => made.get(name)!) } : {},
    );
    return [...values.values()];
  }

  #kubernetes(
    name: string,
    { kubernetesVersion, talosVersion }: ClusterConfig,
    dependsOn: pulumi.Resource[],
  ): pulumi.Resource {
    const waiting = () => this.#living.waiting(this.#living.log(this));
    return recordValue<{ kubernetesVersion: string }>(
      name,
      {
        on: "update",
        value: { kubernetesVersion },
        refuse: ({ before, after }) => {
          const refused =
            before &&
            (kubernetesJump(before.kubernetesVersion, after.kubernetesVersion) ??
              kubernetesOutgrown(before.kubernetesVersion, talosVersion));
          return refused && `${refused}. Nothing was changed.`;
        },
        announce: ({ before, after }) => [
          `Kubernetes ${before?.kubernetesVersion} -> ${after.kubernetesVersion}`,
        ],
        act: () =>
          this.#living.access((access) => upgradeKubernetes({ ...waiting(), access, to: kubernetesVersion })),
      },
      { parent: this, dependsOn },
    );
  }
}

/** Control planes and workers, each as the configuration lists them. */
function byRole(nodes: readonly NodeConfig[]): [NodeConfig[], NodeConfig[]] {
  return [nodes.filter(({ role }) => role === "controlplane"), nodes.filter(({ role }) => role === "worker")];
}

function nodeImage({ config, installerImage, schematicId }: UpgradeArgs, { name }: NodeConfig): NodeImage {
  const { talosVersion, extensions } = config.cluster;
  return { node: name, talosVersion, schematicId, extensions, installerImage };
}
