import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { HomelabConfig } from "../config/types.ts";
import type { ClusterObjects } from "../clients/kubernetes/cluster-objects.ts";
import { deployed } from "../kubernetes/deployed.ts";
import { ownedNamespace } from "../kubernetes/owned-objects.ts";
import { chartGuard } from "../plan/chart-guard.ts";
import { TRAEFIK_NAMESPACE, traefikValues } from "./values.ts";

const REPOSITORY = "https://traefik.github.io/charts";
/** Seconds. */
const INSTALL_TIMEOUT = 600;

export interface TraefikArgs {
  config: HomelabConfig;
  /** The living cluster, for hooks. */
  objects: () => Promise<ClusterObjects>;
}

/** The ingress: one Traefik on one node's ports 80 and 443, its certificates on replicated storage. */
export class Traefik extends pulumi.ComponentResource {
  readonly release: k8s.helm.v3.Release;
  /** Done once Helm says that it is installed. */
  readonly deployed: pulumi.Resource;

  constructor(name: string, { config, objects }: TraefikArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:traefik:Traefik", name, {}, opts);

    const namespace = ownedNamespace(
      `${name}-namespace`,
      { cluster: config.cluster.name, objects },
      {
        name: TRAEFIK_NAMESPACE,
        // The host's network and ports are more than the cluster's default, `baseline`, allows.
        labels: { "pod-security.kubernetes.io/enforce": "privileged" },
      },
      { parent: this },
    );

    this.release = new k8s.helm.v3.Release(
      `${name}-release`,
      {
        name: "traefik",
        namespace: TRAEFIK_NAMESPACE,
        chart: "traefik",
        version: config.traefik.version,
        repositoryOpts: { repo: REPOSITORY },
        values: traefikValues(config),
        timeout: INSTALL_TIMEOUT,
      },
      // Its volume, and so the certificates, goes with it.
      {
        parent: this,
        protect: config.protect,
        dependsOn: [namespace],
        hooks: { beforeUpdate: [chartGuard(`${name}-version-guard`, "traefik", this)] },
      },
    );
    this.deployed = deployed(`${name}-deployed`, { release: this.release, objects }, { parent: this });

    this.registerOutputs({ namespace: TRAEFIK_NAMESPACE });
  }
}
