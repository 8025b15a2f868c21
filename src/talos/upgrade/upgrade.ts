import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig, HomelabConfig, NodeConfig } from "../../config/types.ts";
import type { ClusterObjects } from "../../kubernetes/cluster-objects.ts";
import { kubernetesJump, kubernetesOutgrown, talosJump } from "../../plan/version-refusals.ts";
import type { Turn, Verdict } from "../one-at-a-time.ts";
import { changeOf } from "../stash-change.ts";
import type { Log, Reachable } from "./access.ts";
import type { Storage } from "./picture.ts";
import { UpgradeRunner } from "./runner.ts";
import type { Credentials } from "./talosconfig.ts";
import { changeOfImage, type NodeImage } from "./target.ts";

export interface UpgradeArgs {
  config: HomelabConfig;
  /** What authenticates at the Talos API, secret. */
  clientConfiguration: pulumi.Output<Credentials>;
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
  readonly #runner: UpgradeRunner;
  readonly #targets: { node: NodeConfig; image: NodeImage }[];

  /** @param opts `dependsOn`: what must be there before a node may move. */
  constructor(name: string, args: UpgradeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:talos:Upgrade", name, {}, opts);
    const { config } = args;
    this.#runner = new UpgradeRunner(config, args.clientConfiguration);
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

  /** For the end of a run: rejects unless every node runs what it should, after having seen to it. */
  everywhere(): Promise<void> {
    return this.#runner.everything(this.#targets, this.#runner.log(this));
  }

  /** For the end of a run: control planes that go for good give up their membership. */
  leaveEtcd(leaving: readonly Reachable[], log: Log): Promise<void> {
    return this.#runner.leaveEtcd(leaving, log);
  }

  /** Longhorn's volumes as they are now. */
  storage(): Promise<Storage> {
    return this.#runner.storage();
  }

  /** For hooks: the objects of the living cluster. */
  objects(): Promise<ClusterObjects> {
    return this.#runner.objects();
  }

  /** For progress: lines of a component, see {@link UpgradeRunner.log}. */
  log(resource: pulumi.Resource): Log {
    return this.#runner.log(resource);
  }

  /** For the turn of a node whose machine config changes. */
  mayReboot(node: NodeConfig, turn: Turn): Promise<Verdict> {
    return this.#runner.config(node, turn, this.#runner.log(this));
  }

  #node(
    name: string,
    node: NodeConfig,
    image: NodeImage,
    place: string,
    last: pulumi.Resource | undefined,
  ): pulumi.Resource {
    const log = this.#runner.log(this);
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
        hooks: { beforeUpdate: [plan, () => this.#runner.node(node, image, log)] },
      },
    );
  }

  #kubernetes(
    name: string,
    { kubernetesVersion, talosVersion }: ClusterConfig,
    last: pulumi.Resource,
  ): pulumi.Resource {
    const log = this.#runner.log(this);
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
        hooks: { beforeUpdate: [plan, () => this.#runner.kubernetes(log)] },
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
