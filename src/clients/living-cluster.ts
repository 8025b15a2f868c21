/**
 * The living cluster, for hooks: its nodes by talosctl, Kubernetes by the official client, credentials taken from the secrets when they
 * are needed. Existing while the program runs, because provider calls need its context.
 */
import * as pulumi from "@pulumi/pulumi";
import type { HomelabConfig } from "../config/types.ts";
import { programContext, valueOf } from "../hooks/context.ts";
import type { ClusterAccess, KubernetesAccess, Log } from "../observe/access.ts";
import type { Storage } from "../observe/picture.ts";
import { wallClock } from "../observe/poll.ts";
import type { Waiting } from "../observe/waiting.ts";
import type { ClusterObjects } from "./kubernetes/cluster-objects.ts";
import { kubernetesOf } from "./kubernetes/connect.ts";
import type { KubernetesReader } from "./kubernetes/reader.ts";
import { kubernetesAccess, withLiveAccess } from "./live-access.ts";
import type { TalosCredentials } from "./talosctl/talosconfig.ts";

/** What is needed to reach it, and to wait for it. */
export type LivingConfig = Pick<HomelabConfig, "cluster" | "nodes" | "upgrade" | "allow">;

export class LivingCluster {
  readonly #config: LivingConfig;
  readonly #clientConfiguration: pulumi.Output<TalosCredentials>;
  readonly #inContext = programContext();
  #connected: (() => Promise<KubernetesReader>) | undefined;

  /** @param clientConfiguration What authenticates at the Talos API, secret. */
  constructor(config: LivingConfig, clientConfiguration: pulumi.Output<TalosCredentials>) {
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

  /** What waits for it take, and what its owner has consented to. */
  waiting(log: Log): Waiting & Pick<HomelabConfig, "allow"> {
    const { nodes, allow, upgrade } = this.#config;
    return { nodes, allow, timeouts: upgrade.timeouts, log, clock: wallClock };
  }

  /** Everything that can be asked of it and done to it, while `use` runs. */
  async access<T>(use: (access: ClusterAccess) => Promise<T>): Promise<T> {
    const credentials = (await valueOf(this.#clientConfiguration)) as TalosCredentials;
    return withLiveAccess(this.#config, credentials, await this.#kubernetes(), use);
  }

  /** What needs no talosctl. */
  async kubernetes(): Promise<KubernetesAccess> {
    return kubernetesAccess(await this.#kubernetes());
  }

  /** Longhorn's volumes as they are now. */
  async storage(): Promise<Storage> {
    return (await this.kubernetes()).storage();
  }

  /** Its objects. */
  async objects(): Promise<ClusterObjects> {
    return (await (await this.#kubernetes())()).objects;
  }

  /** One connection for the whole run: no upgrade changes the authority that signed its credentials. */
  async #kubernetes(): Promise<() => Promise<KubernetesReader>> {
    const credentials = (await valueOf(this.#clientConfiguration)) as TalosCredentials;
    return (this.#connected ??= kubernetesOf(this.#config, credentials, this.#inContext));
  }
}
