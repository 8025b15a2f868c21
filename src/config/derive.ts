/** Defaults that depend on other values, and the step from a draft without problems to the validated configuration. */
import { parseSubnet } from "./addresses.ts";
import type { Draft } from "./draft.ts";
import { imageExtensions } from "./extensions.ts";
import type { Fields } from "./read.ts";
import type {
  ClusterInput,
  LonghornInput,
  NetworkInput,
  NodeInput,
  ProxmoxInput,
  TraefikInput,
  UpgradeInput,
} from "./schema.ts";
import { caServerUrl } from "./schema/traefik.ts";
import type { HomelabConfig, NodeConfig, TraefikConfig } from "./types.ts";
import { talosRelease } from "./versions.ts";

/** Three copies are Longhorn's own default and need three nodes; two nodes cannot hold three. */
const MOST_DEFAULT_REPLICAS = 3;

export function defaultReplicaCount(nodesWithDataDisk: number): number {
  return Math.min(MOST_DEFAULT_REPLICAS, nodesWithDataDisk);
}

/** Replicas leave a node that is retiring. */
export function staysWithDataDisk(node: { dataDisk?: unknown; retiring?: boolean | undefined }): boolean {
  return node.dataDisk !== undefined && node.retiring !== true;
}

export function defaultSerial(vmId: number): string {
  return `data-${vmId}`;
}

/** Control planes take workloads when storage on them would be out of reach otherwise, or when nothing else could. */
export function defaultScheduling(
  nodes: readonly { role: string; dataDisk?: unknown }[],
  tolerateControlPlanes: boolean,
): boolean {
  const storage = nodes.some((node) => node.role === "controlplane" && node.dataDisk !== undefined);
  return (storage && !tolerateControlPlanes) || nodes.every((node) => node.role === "controlplane");
}

export function defaultIngressNode<N extends { role: string; retiring?: boolean | undefined }>(
  nodes: readonly N[],
): N | undefined {
  return (
    nodes.find((node) => node.role === "worker" && node.retiring !== true) ??
    nodes.find((node) => node.role === "controlplane" && node.retiring !== true) ??
    nodes.find((node) => node.role === "controlplane")
  );
}

/** The draft must have no problems: then every required field is there. */
export function toConfig(draft: Draft): HomelabConfig {
  const cluster = whole<ClusterInput>(draft.cluster);
  const network = whole<NetworkInput>(draft.network);
  const proxmox = whole<ProxmoxInput>(draft.proxmox);
  const longhorn = whole<LonghornInput>(draft.longhorn);
  const traefik = whole<TraefikInput>(draft.traefik);
  const nodes = draft.nodes.map((node) => toNode(whole<NodeInput>(node), proxmox.diskDatastore));
  const upgrade = whole<UpgradeInput>(draft.upgrade);
  const protect = draft.protect ?? true;
  const firstControlPlane = nodes.find((node) => node.role === "controlplane")?.address ?? "";
  return {
    cluster: {
      name: cluster.name,
      endpoint: cluster.endpoint ?? cluster.vip ?? firstControlPlane,
      ...(cluster.vip !== undefined && { vip: cluster.vip }),
      talosVersion: cluster.talosVersion,
      kubernetesVersion:
        cluster.kubernetesVersion ?? talosRelease(cluster.talosVersion)?.defaultKubernetes ?? "",
      extensions: imageExtensions(cluster.extensions),
      allowSchedulingOnControlPlanes:
        cluster.allowSchedulingOnControlPlanes ?? defaultScheduling(nodes, longhorn.tolerateControlPlanes),
    },
    network: {
      subnet: network.subnet,
      prefixLength: parseSubnet(network.subnet).prefixLength,
      gateway: network.gateway,
      nameservers: network.nameservers ?? [network.gateway],
      bridge: network.bridge,
      ...(network.vlan !== undefined && { vlan: network.vlan }),
    },
    proxmox: { ...proxmox, endpoint: new URL(proxmox.endpoint).href },
    nodes,
    longhorn: {
      ...longhorn,
      // One switch unprotects: whoever lets the VMs be deleted lets their storage be uninstalled first.
      deletingConfirmation: longhorn.deletingConfirmation ?? !protect,
      replicaCount: longhorn.replicaCount ?? defaultReplicaCount(nodes.filter(staysWithDataDisk).length),
    },
    traefik: toTraefik(traefik, nodes),
    upgrade: {
      ...upgrade,
      snapshots: {
        directory: upgrade.snapshots.directory ?? `etcd-snapshots/${cluster.name}`,
        keep: upgrade.snapshots.keep,
      },
    },
    protect,
    allow: [...new Set(draft.allow)],
  };
}

function toNode(node: NodeInput, diskDatastore: string): NodeConfig {
  const { macAddress, osDisk, dataDisk, extraDisks, retiring, ...rest } = node;
  return {
    ...rest,
    ...(macAddress !== undefined && { macAddress: macAddress.toUpperCase() }),
    osDisk: { sizeGiB: osDisk.sizeGiB, datastore: osDisk.datastore ?? diskDatastore },
    ...(dataDisk && {
      dataDisk: {
        sizeGiB: dataDisk.sizeGiB,
        datastore: dataDisk.datastore ?? diskDatastore,
        serial: dataDisk.serial ?? defaultSerial(node.vmId),
      },
    }),
    extraDisks: extraDisks.map((disk) => ({
      sizeGiB: disk.sizeGiB,
      datastore: disk.datastore ?? diskDatastore,
    })),
    ...(retiring !== undefined && { retiring }),
  };
}

function toTraefik(traefik: TraefikInput, nodes: NodeConfig[]): TraefikConfig {
  const { email, resolver, challenge, caServer, storageMiB } = traefik.acme;
  return {
    version: traefik.version,
    ingressNode: traefik.ingressNode ?? defaultIngressNode(nodes)?.name ?? "",
    acme: {
      ...(email !== undefined && { email }),
      resolver,
      challenge,
      caServer: caServerUrl(caServer),
      storageMiB,
    },
  };
}

/** Nothing is bad, so every field that the schema asks for was read. */
function whole<T>(fields: Fields<T>): T {
  return fields.values as T;
}
