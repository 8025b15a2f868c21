/**
 * The machine-config patches of this homelab, as plain documents: what every control plane gets, and what one node gets
 * on top of its role's generated config. Talos splits its config into ever more documents, so a patch is a list; a node
 * refuses a config with a document that its own version does not know, so the list follows the version.
 */
import { stringify } from "yaml";
import type { HomelabConfig, NodeConfig } from "../config/types.ts";
import { gibToBytes } from "../config/sizes.ts";
import { compareVersions } from "../config/versions.ts";
import { dataDiskSelector } from "./data-disk.ts";
import { DATA_MOUNT_POINT, DATA_VOLUME } from "../disks.ts";

/** What machine configs are made of, besides the node's own entry. */
export type TalosConfig = Pick<HomelabConfig, "cluster" | "network">;

type Document = Record<string, unknown>;

/**
 * Longhorn makes a disk only on nodes with this label (its setting create-default-disk-labeled-nodes), so that a node
 * without a data disk never holds replicas on its OS disk.
 */
export const DEFAULT_DISK_LABEL = { "node.longhorn.io/create-default-disk": "true" };

/**
 * A grown data disk is used from the node's next boot on (talos, volumes/grow.go, runs when a volume is located), but
 * Talos takes a changed volume over without one. A changed environment it does not (CanApplyImmediate), so the size
 * stands there as well: growing the disk reboots its node, in the node's turn, and nothing else does.
 */
const DATA_DISK_VARIABLE = "HOMELAB_DATA_DISK_BYTES";

/** URL of the Kubernetes API. */
export function endpointUrl({ cluster }: Pick<HomelabConfig, "cluster">): string {
  return `https://${cluster.endpoint}:6443`;
}

/** Patches of a role's generated config, as YAML text for the Talos provider. */
export function rolePatches(config: TalosConfig, role: NodeConfig["role"]): string[] {
  if (role === "worker") return [];
  return [
    stringify({ cluster: { allowSchedulingOnControlPlanes: config.cluster.allowSchedulingOnControlPlanes } }),
  ];
}

/** Patches of one node, as YAML text for the Talos provider. */
export function nodePatches(config: TalosConfig, node: NodeConfig, installer: string): string[] {
  const documents = [machine(config, node, installer), ...hostname(config, node), ...dataVolume(node)];
  return documents.map((document) => stringify(document));
}

function machine(config: TalosConfig, node: NodeConfig, installer: string): Document {
  const withDataDisk = node.dataDisk !== undefined;
  return {
    machine: {
      // A disk image is never installed, but the generated config says /dev/sda, which may be the data disk some day.
      install: { image: installer, diskSelector: { size: `== ${gibToBytes(node.osDisk.sizeGiB)}` } },
      network: {
        ...(!knowsHostnameConfig(config) && { hostname: node.name }),
        interfaces: [networkInterface(config, node)],
        nameservers: config.network.nameservers,
      },
      kubelet: {
        // Addresses of other networks, such as a tunnel's, never become the node's.
        nodeIP: { validSubnets: [config.network.subnet] },
        ...(withDataDisk && { extraMounts: dataMounts() }),
      },
      features: features(config),
      ...(withDataDisk && { nodeLabels: DEFAULT_DISK_LABEL }),
      ...(node.dataDisk && { env: { [DATA_DISK_VARIABLE]: String(gibToBytes(node.dataDisk.sizeGiB)) } }),
    },
  };
}

/** The nocloud drive gives the same address; Talos wants it in both places to keep it (talos#10949). */
function networkInterface(config: TalosConfig, node: NodeConfig): Document {
  const { vip } = config.cluster;
  return {
    deviceSelector: node.macAddress ? { hardwareAddr: node.macAddress.toLowerCase() } : { physical: true },
    dhcp: false,
    addresses: [`${node.address}/${config.network.prefixLength}`],
    routes: [{ network: "0.0.0.0/0", gateway: config.network.gateway }],
    ...(vip && node.role === "controlplane" && { vip: { ip: vip } }),
  };
}

/**
 * The kubelet runs in a mount namespace of its own, where /var/mnt is read-only: without these mounts it cannot hand a
 * volume to a pod. The first is the path that Longhorn uses, because it means the data disk in the host's namespace as
 * well. The second lets tools that look for Longhorn's usual path find the same disk.
 */
function dataMounts(): Document[] {
  return [DATA_MOUNT_POINT, "/var/lib/longhorn"].map((destination) => ({
    destination,
    type: "bind",
    source: DATA_MOUNT_POINT,
    options: ["bind", "rshared", "rw"],
  }));
}

/**
 * Since 1.12 (config/types/network/hostname.go), where a config with both it and machine.network.hostname is refused, and
 * a generated one holds it already. Before, the field is the only way.
 */
function knowsHostnameConfig({ cluster }: Pick<HomelabConfig, "cluster">): boolean {
  return compareVersions(cluster.talosVersion, "1.12") >= 0;
}

/**
 * What 1.11 generates and 1.12, where it always holds, leaves out: said either way, or not said either way, because a
 * change of these costs a reboot (CanApplyImmediate), right after the one of the upgrade. The hostname is ours.
 */
function features(config: TalosConfig): Document {
  return {
    rbac: true,
    apidCheckExtKeyUsage: true,
    ...(!knowsHostnameConfig(config) && { stableHostname: { $patch: "delete" } }),
  };
}

function hostname(config: TalosConfig, node: NodeConfig): Document[] {
  if (!knowsHostnameConfig(config)) return [];
  // `auto: off`, because a generated config asks for a stable generated name and both together are refused.
  return [{ apiVersion: "v1alpha1", kind: "HostnameConfig", auto: "off", hostname: node.name }];
}

/**
 * A partition, not a whole-disk volume: only a partition has a label by which Talos finds it again whatever the device
 * names of the next boot (talos#12650).
 */
function dataVolume(node: NodeConfig): Document[] {
  if (!node.dataDisk) return [];
  const { sizeGiB } = node.dataDisk;
  return [
    {
      apiVersion: "v1alpha1",
      kind: "UserVolumeConfig",
      name: DATA_VOLUME,
      provisioning: {
        diskSelector: { match: dataDiskSelector(sizeGiB) },
        minSize: `${sizeGiB - 1}GiB`, // the partition table and alignment take a little of the disk
        grow: true,
      },
      filesystem: { type: "xfs" },
    },
  ];
}
