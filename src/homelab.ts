import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { HomelabConfig } from "./config/types.ts";
import { NOTHING_EXISTS, type Existing } from "./plan/existing.ts";
import { lifeOf, listRetired } from "./plan/retired.ts";
import { listRemade, standing } from "./plan/unfinished.ts";
import { recordValue } from "./hooks/recorded-value.ts";
import { Longhorn } from "./longhorn/longhorn.ts";
import { longhornOutput, nodeOutput, traefikOutput, type HomelabOutputs } from "./outputs.ts";
import { ingressStage, storageStage } from "./stages.ts";
import { Virtualization } from "./proxmox/virtualization.ts";
import { Cluster } from "./talos/cluster.ts";
import { recordEtcdMembers } from "./talos/etcd-members.ts";
import { ImageSchematic } from "./talos/image-schematic.ts";
import { recordKubernetesNodes } from "./talos/kubernetes-nodes.ts";
import { endpointUrl } from "./talos/machine-config.ts";
import { installerImage } from "./talos/schematic.ts";
import { Traefik } from "./traefik/traefik.ts";

export interface HomelabArgs {
  config: HomelabConfig;
  /** Token of the Proxmox API, secret. */
  proxmoxApiToken: pulumi.Input<string>;
  /** What was there when the run began. Default: nothing. */
  existing?: Existing;
}

/** A homelab, from bare Proxmox hosts to an ingress with replicated storage, in four stages. */
export class Homelab extends pulumi.ComponentResource {
  readonly outputs: HomelabOutputs;

  constructor(
    name: string,
    { config, proxmoxApiToken, existing = NOTHING_EXISTS }: HomelabArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("homelab:index:Homelab", name, {}, opts);
    const parent = { parent: this };

    // 1. Machines that boot an image with everything Longhorn needs.
    const image = new ImageSchematic(`${name}-image`, { extensions: config.cluster.extensions }, parent);
    const proxmox = new Virtualization(
      `${name}-proxmox`,
      {
        config,
        apiToken: proxmoxApiToken,
        image,
        anew: listRemade(existing, config),
        standing: standing(existing),
      },
      parent,
    );

    // 2. A cluster on them, its data disks proven before anything is written.
    const installer = installerImage(image.schematicId, config.cluster.talosVersion);
    const cluster = new Cluster(
      `${name}-talos`,
      {
        config,
        machines: proxmox.machines,
        installerImage: installer,
        schematicId: image.schematicId,
        life: (node) => lifeOf(existing, node),
      },
      parent,
    );
    const kubernetes = new k8s.Provider(
      `${name}-kubernetes`,
      {
        kubeconfig: cluster.kubeconfig,
        // It stays the same cluster when its API moves. Without a name of its own, the provider would take another address for
        // another cluster, and make everything in it anew.
        clusterIdentifier: config.cluster.name,
        // What a cut-off run has made is taken over instead of failing for ever; what is not ours is refused before
        // (kubernetes/owned-objects.ts).
        upsertExistingObjects: true,
      },
      parent,
    );

    // 3. Replicated storage on the data disks.
    const longhorn = new Longhorn(
      `${name}-longhorn`,
      { ...storageStage(config), applied: cluster.applied, living: cluster.living },
      { parent: this, providers: [kubernetes], dependsOn: [cluster.ready] },
    );

    // 4. The ingress, its certificates on that storage.
    const ingress = ingressStage(config);
    const traefik = new Traefik(
      `${name}-traefik`,
      { ...ingress, objects: () => cluster.living.objects() },
      { parent: this, providers: [kubernetes], dependsOn: [longhorn.deployed, longhorn.whole] },
    );
    const beforeLeaving = () => proxmox.gate.beforeLeaving();
    const leaving = { cluster: config.cluster, nodes: config.nodes, living: cluster.living, beforeLeaving };
    const members = recordEtcdMembers(`${name}-etcd-members`, leaving, {
      parent: this,
      dependsOn: [traefik.deployed],
    });
    // The end of a run, under a name without the cluster's: the entry of a node that is retired for good may go in a later one.
    const done = recordValue(
      "settled",
      { value: { retired: listRetired(existing, config.nodes) } },
      { parent: this, dependsOn: [members] },
    );
    recordKubernetesNodes(`${name}-kubernetes-nodes`, leaving, { parent: this, dependsOn: [done] });

    this.outputs = {
      clusterName: config.cluster.name,
      endpoint: endpointUrl(config),
      nodes: config.nodes.map(nodeOutput),
      schematicId: image.schematicId,
      installerImage: installer,
      talosconfig: cluster.talosconfig,
      kubeconfig: cluster.kubeconfig,
      longhorn: longhornOutput(config.longhorn),
      traefik: traefikOutput(ingress),
    };
    this.registerOutputs(this.outputs);
  }
}
