import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterObjects } from "../clients/kubernetes/cluster-objects.ts";
import { planChartVersion } from "../kubernetes/chart-version.ts";
import { recordDeployed } from "../kubernetes/deployed.ts";
import { ownedNamespace } from "../kubernetes/owned-objects.ts";
import { TRAEFIK_NAMESPACE, traefikValues, type IngressArgs } from "./values.ts";

const REPOSITORY = "https://traefik.github.io/charts";
/** Seconds. */
const INSTALL_TIMEOUT = 600;

export interface TraefikArgs extends IngressArgs {
  /** Name of the cluster, with which what is made in it is marked as ours. */
  clusterName: string;
  /** Whether the release refuses to be deleted. */
  protect: boolean;
  /** The living cluster, for hooks. */
  objects: () => Promise<ClusterObjects>;
}

/** The ingress: one Traefik on one node's ports 80 and 443, its certificates on replicated storage. */
export class Traefik extends pulumi.ComponentResource {
  readonly release: k8s.helm.v3.Release;
  /** Done once Helm says that it is installed. */
  readonly deployed: pulumi.Resource;

  constructor(name: string, args: TraefikArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:traefik:Traefik", name, {}, opts);
    const { traefik, objects } = args;

    const namespace = ownedNamespace(
      `${name}-namespace`,
      { cluster: args.clusterName, objects },
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
        version: traefik.version,
        repositoryOpts: { repo: REPOSITORY },
        values: traefikValues(args),
        timeout: INSTALL_TIMEOUT,
      },
      // Its volume, and so the certificates, goes with it.
      {
        parent: this,
        protect: args.protect,
        dependsOn: [namespace],
        hooks: { beforeUpdate: [planChartVersion(`${name}-version-plan`, "traefik", this)] },
      },
    );
    this.deployed = recordDeployed(`${name}-deployed`, { release: this.release, objects }, { parent: this });

    this.registerOutputs({ namespace: TRAEFIK_NAMESPACE });
  }
}
