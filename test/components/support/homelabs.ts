/**
 * Validated configurations for tests, written out in full: nothing here comes from the code that derives them, so a
 * changed default or a changed stage each shows up where it belongs.
 */
import type {
  ClusterConfig,
  HomelabConfig,
  LonghornConfig,
  NetworkConfig,
  NodeConfig,
  TraefikConfig,
  UpgradeConfig,
} from "../../../src/config/types.ts";

/** What a test changes; nodes are replaced as a whole. */
export interface Changes {
  cluster?: Partial<ClusterConfig>;
  network?: Partial<NetworkConfig>;
  nodes?: NodeConfig[];
  longhorn?: Partial<LonghornConfig>;
  traefik?: Partial<Omit<TraefikConfig, "acme">> & { acme?: Partial<TraefikConfig["acme"]> };
  protect?: boolean;
  allow?: HomelabConfig["allow"];
}

const TRAEFIK: Omit<TraefikConfig, "ingressNode"> = {
  version: "41.3.0",
  acme: {
    resolver: "letsencrypt",
    challenge: "http-01",
    caServer: "https://acme-staging-v02.api.letsencrypt.org/directory",
    storageMiB: 128,
  },
};

function upgrade(cluster: string): UpgradeConfig {
  return {
    talosctl: "talosctl",
    snapshots: { directory: `etcd-snapshots/${cluster}`, keep: 5 },
    timeouts: {
      healthy: 900,
      pull: 900,
      upgrade: 1800,
      ready: 900,
      volumes: 3600,
      kubernetes: 3600,
      snapshot: 300,
    },
  };
}

/** One control plane and one worker on one host, a data disk each. */
export function lab(changes: Changes = {}): HomelabConfig {
  const node = (name: string, role: NodeConfig["role"], vmId: number): NodeConfig => ({
    name,
    role,
    host: "pve",
    vmId,
    address: `192.168.1.${vmId}`,
    cores: 4,
    memoryGiB: 4,
    osDisk: { sizeGiB: 32, datastore: "local-lvm" },
    dataDisk: { sizeGiB: 40, datastore: "local-lvm", serial: `data-${vmId}` },
    extraDisks: [],
  });
  return changed(changes, {
    cluster: {
      name: "lab",
      endpoint: "192.168.1.126",
      talosVersion: "v1.12.0",
      kubernetesVersion: "1.35.0",
      extensions: ["siderolabs/iscsi-tools", "siderolabs/qemu-guest-agent", "siderolabs/util-linux-tools"],
      allowSchedulingOnControlPlanes: true,
    },
    network: {
      subnet: "192.168.1.0/24",
      prefixLength: 24,
      gateway: "192.168.1.1",
      nameservers: ["192.168.1.1"],
      bridge: "vmbr0",
    },
    proxmox: {
      endpoint: "https://192.168.1.10:8006/",
      insecure: true,
      imageDatastore: "local",
      diskDatastore: "local-lvm",
      startOrder: false,
    },
    nodes: [node("cp-1", "controlplane", 126), node("worker-1", "worker", 127)],
    longhorn: {
      version: "1.12.1",
      replicaCount: 2,
      dataPath: "/var/mnt/longhorn",
      deletingConfirmation: false,
      tolerateControlPlanes: false,
    },
    traefik: { ...TRAEFIK, ingressNode: "worker-1" },
    upgrade: upgrade("lab"),
    protect: true,
    allow: [],
  });
}

/** Three hosts with a control plane and a worker each, a VIP, a VLAN, storage on the workers only. */
export function rack(changes: Changes = {}): HomelabConfig {
  const numbers = [1, 2, 3] as const;
  return changed(changes, {
    cluster: {
      name: "rack",
      endpoint: "10.20.0.10",
      vip: "10.20.0.10",
      talosVersion: "v1.12.0",
      kubernetesVersion: "1.35.0",
      extensions: [
        "siderolabs/intel-ucode",
        "siderolabs/iscsi-tools",
        "siderolabs/qemu-guest-agent",
        "siderolabs/util-linux-tools",
      ],
      allowSchedulingOnControlPlanes: false,
    },
    network: {
      subnet: "10.20.0.0/24",
      prefixLength: 24,
      gateway: "10.20.0.1",
      nameservers: ["10.20.0.1", "9.9.9.9"],
      bridge: "vmbr0",
      vlan: 20,
    },
    proxmox: {
      endpoint: "https://pve1.home.arpa:8006/",
      insecure: false,
      imageDatastore: "local",
      diskDatastore: "local-zfs",
      startOrder: false,
    },
    nodes: [
      ...numbers.map((number): NodeConfig => ({
        name: `cp-${number}`,
        role: "controlplane",
        host: `pve${number}`,
        vmId: 2010 + number,
        address: `10.20.0.1${number}`,
        cores: 4,
        memoryGiB: 4,
        osDisk: { sizeGiB: 32, datastore: "local-zfs" },
        extraDisks: [],
      })),
      ...numbers.map((number): NodeConfig => ({
        name: `worker-${number}`,
        role: "worker",
        host: `pve${number}`,
        vmId: 2020 + number,
        address: `10.20.0.2${number}`,
        macAddress: `BC:24:11:20:00:2${number}`,
        cores: 4,
        memoryGiB: number === 3 ? 16 : 8,
        osDisk: { sizeGiB: 48, datastore: "local-zfs" },
        dataDisk: {
          sizeGiB: number === 3 ? 200 : 100,
          datastore: "local-zfs",
          serial: `data-202${number}`,
        },
        extraDisks: [],
      })),
    ],
    longhorn: {
      version: "1.12.1",
      replicaCount: 3,
      dataPath: "/var/mnt/longhorn",
      deletingConfirmation: false,
      tolerateControlPlanes: false,
    },
    traefik: { ...TRAEFIK, ingressNode: "worker-1" },
    upgrade: upgrade("rack"),
    protect: true,
    allow: [],
  });
}

/** The node of that name; tests name nodes that exist. */
export function nodeOf(config: HomelabConfig, name: string): NodeConfig {
  const node = config.nodes.find((candidate) => candidate.name === name);
  if (!node) throw new Error(`no node is named ${name}`);
  return node;
}

function changed(changes: Changes, base: HomelabConfig): HomelabConfig {
  return {
    ...base,
    cluster: { ...base.cluster, ...changes.cluster },
    network: { ...base.network, ...changes.network },
    nodes: changes.nodes ?? base.nodes,
    longhorn: { ...base.longhorn, ...changes.longhorn },
    traefik: {
      ...base.traefik,
      ...changes.traefik,
      acme: { ...base.traefik.acme, ...changes.traefik?.acme },
    },
    protect: changes.protect ?? base.protect,
    allow: changes.allow ?? base.allow,
  };
}
