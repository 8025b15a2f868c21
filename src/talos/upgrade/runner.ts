/**
 * What the hooks run: upgrades with the live access, credentials taken from the secrets when they are needed. Made while
 * the program runs, because provider calls need its context.
 */
import * as pulumi from "@pulumi/pulumi";
import type { HomelabConfig, NodeConfig } from "../../config/types.ts";
import type { ClusterObjects } from "../../kubernetes/cluster-objects.ts";
import { programContext, valueOf } from "../../hook-context.ts";
import { leaveEtcd } from "../leaving-etcd.ts";
import type { ClusterAccess, Log, Reachable } from "./access.ts";
import type { Turn, Verdict } from "../one-at-a-time.ts";
import { passConfigGate } from "./config-gate.ts";
import { deviatingNodes } from "./deviation.ts";
import { kubeletsAt, upgradeKubernetes } from "./kubernetes-step.ts";
import { kubernetesOf } from "./kubeconfig.ts";
import type { KubernetesReader } from "./kubernetes-reader.ts";
import { kubernetesAccess, withLiveAccess } from "./live-access.ts";
import type { Storage } from "./picture.ts";
import { wallClock } from "./poll.ts";
import { upgradeNode } from "./step.ts";
import type { Credentials } from "./talosconfig.ts";
import type { NodeImage } from "./target.ts";

export class UpgradeRunner {
  readonly #config: HomelabConfig;
  readonly #clientConfiguration: pulumi.Output<Credentials>;
  readonly #inContext = programContext();
  #connected: (() => Promise<KubernetesReader>) | undefined;

  constructor(config: HomelabConfig, clientConfiguration: pulumi.Output<Credentials>) {
    this.#config = config;
    this.#clientConfiguration = clientConfiguration;
  }

  /**
   * For progress.
   *
   * @param resource Whose lines they are. Not the one whose hook tells them: its URN is known only after the hook, and the
   *   line would wait for it for ever.
   */
  log(resource: pulumi.Resource): Log {
    return (line) => this.#inContext(() => pulumi.log.info(line, resource));
  }

  /** Brings one node to its image. */
  async node(node: NodeConfig, target: NodeImage, log: Log): Promise<void> {
    await this.#withAccess((access) => upgradeNode({ ...this.#common(log), access, node, target }));
  }

  /** Brings Kubernetes to its version on all nodes. */
  async kubernetes(log: Log): Promise<void> {
    await this.#withAccess((access) =>
      upgradeKubernetes({ ...this.#common(log), access, to: this.#version }),
    );
  }

  /**
   * Makes sure that every node runs what the configuration says, whatever the state says: a machine may have been made of
   * an older image by a run that failed, or before there were upgrades. Asks Kubernetes alone, and talosctl is only
   * needed where there is something to upgrade.
   */
  async everything(targets: readonly { node: NodeConfig; image: NodeImage }[], log: Log): Promise<void> {
    const access = await this.#kubernetesAccess();
    const common = { ...this.#common(log), access };
    for (const { node, image } of await deviatingNodes({ ...common, targets })) {
      await log(`${node.name}: does not run ${image.installerImage} yet`);
      await this.node(node, image, log);
    }
    await kubeletsAt({ ...common, to: this.#version });
  }

  /** Asks Kubernetes alone. */
  async storage(): Promise<Storage> {
    return (await this.#kubernetesAccess()).storage();
  }

  /** The objects of the living cluster. */
  async objects(): Promise<ClusterObjects> {
    return (await (await this.#kubernetes())()).objects;
  }

  /** @param leaving Control planes that the configuration names no more: one after the other. */
  async leaveEtcd(leaving: readonly Reachable[], log: Log): Promise<void> {
    const { cluster, nodes } = this.#config;
    const common = {
      ...this.#common(log),
      staying: nodes.filter(({ role }) => role === "controlplane"),
      sharedAddress: cluster.vip !== undefined,
      talosVersion: cluster.talosVersion,
    };
    await this.#withAccess(async (access) => {
      for (const [index, node] of leaving.entries())
        await leaveEtcd({ ...common, access, leaving: node, next: leaving.slice(index + 1) });
    });
  }

  /** Before a node's machine config is changed. */
  async config(node: NodeConfig, turn: Turn, log: Log): Promise<Verdict> {
    const access = await this.#kubernetesAccess();
    return passConfigGate({ ...this.#common(log), access, node, turn });
  }

  get #version(): string {
    return this.#config.cluster.kubernetesVersion;
  }

  #common(log: Log) {
    const { nodes, allow, upgrade } = this.#config;
    return { nodes, allow, timeouts: upgrade.timeouts, log, clock: wallClock };
  }

  async #withAccess<T>(use: (access: ClusterAccess) => Promise<T>): Promise<T> {
    const credentials = (await valueOf(this.#clientConfiguration)) as Credentials;
    return withLiveAccess(this.#config, credentials, await this.#kubernetes(), use);
  }

  /** What needs no talosctl. */
  async #kubernetesAccess(): Promise<Pick<ClusterAccess, "kubernetesNodes" | "storage">> {
    return kubernetesAccess(await this.#kubernetes());
  }

  /** One connection for the whole run: no upgrade changes the authority that signed its credentials. */
  async #kubernetes(): Promise<() => Promise<KubernetesReader>> {
    const credentials = (await valueOf(this.#clientConfiguration)) as Credentials;
    return (this.#connected ??= kubernetesOf(this.#config, credentials, this.#inContext));
  }
}
