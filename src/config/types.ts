/**
 * The validated configuration: plain data, every default filled in, every cross-field rule held. Stages get parts of
 * it and trust it. Sizes are GiB (binary, as Proxmox counts) unless a name says bytes.
 */

export type Role = "controlplane" | "worker";

export interface HomelabConfig {
  cluster: ClusterConfig;
  network: NetworkConfig;
  proxmox: ProxmoxConfig;
  nodes: NodeConfig[];
  longhorn: LonghornConfig;
  traefik: TraefikConfig;
  upgrade: UpgradeConfig;
  /** Whether VMs, cluster secrets, and the releases that hold data refuse to be deleted. */
  protect: boolean;
  /** Changes of storage that are meant, although they leave data less protected. */
  allow: Consent[];
}

export type Consent = "single-replica" | "new-data-path";

export interface ClusterConfig {
  /** Also the prefix of VM names and the name in kubeconfig and talosconfig. */
  name: string;
  /** Host part of the API endpoint: the VIP, else a control plane's address. */
  endpoint: string;
  /** A shared address that the control planes move among themselves; no node has it. */
  vip?: string;
  /** With the leading `v`, e.g. `v1.12.0`. */
  talosVersion: string;
  /** Without a leading `v`, e.g. `1.35.0`. */
  kubernetesVersion: string;
  /** Official extensions in the image, sorted, the required ones always among them. */
  extensions: string[];
  /** Whether workloads may run on control planes. */
  allowSchedulingOnControlPlanes: boolean;
}

export interface NetworkConfig {
  /** CIDR, e.g. `192.168.1.0/24`. */
  subnet: string;
  prefixLength: number;
  gateway: string;
  nameservers: string[];
  /** Proxmox bridge of the nodes' only network device. */
  bridge: string;
  /** VLAN tag, if the bridge needs one. */
  vlan?: number;
}

export interface ProxmoxConfig {
  /** URL of the API, e.g. `https://192.168.1.10:8006/`. */
  endpoint: string;
  /** Accept a self-signed certificate. */
  insecure: boolean;
  /** Datastore for boot images (content type `import`), on each host. */
  imageDatastore: string;
  /** Datastore for VM disks, on each host, unless a disk names its own. */
  diskDatastore: string;
  /** Start control planes before workers when a host starts. */
  startOrder: boolean;
}

export interface DiskConfig {
  sizeGiB: number;
  /** Default: `proxmox.diskDatastore`. */
  datastore: string;
}

export interface DataDiskConfig extends DiskConfig {
  /** At most 20 characters of [A-Za-z0-9_-]; Talos shows it for virtio disks. Default `data-<vmId>`. */
  serial: string;
}

export interface NodeConfig {
  /** Hostname, unique. */
  name: string;
  role: Role;
  /** Proxmox node that the VM runs on. */
  host: string;
  vmId: number;
  /** Static IPv4 address in the subnet. */
  address: string;
  /** Upper case, colons. Proxmox picks one when it is absent. */
  macAddress?: string;
  cores: number;
  memoryGiB: number;
  osDisk: DiskConfig;
  /** Longhorn's disk; a node without one holds no replicas. */
  dataDisk?: DataDiskConfig;
  /** Further disks that the user gives the VM and that this program must never touch. */
  extraDisks: DiskConfig[];
  /**
   * True: the machine is about to go, so its replicas move to others and nothing protects it any more. False: it was, and
   * stays after all.
   */
  retiring?: boolean;
}

export interface LonghornConfig {
  /** Chart version. */
  version: string;
  replicaCount: number;
  /** Where replicas lie, as the host sees it: inside the user volume. */
  dataPath: string;
  /** Longhorn refuses its own uninstall unless this was true before. */
  deletingConfirmation: boolean;
  /** Let Longhorn run on control planes that are not schedulable for other workloads. */
  tolerateControlPlanes: boolean;
}

/** How Talos and Kubernetes are upgraded from the workstation. */
export interface UpgradeConfig {
  /** Name on the PATH, or path. */
  talosctl: string;
  /** `host:port` instead of the control planes' own addresses. */
  talosEndpoint?: string | undefined;
  /** URL instead of the cluster's endpoint. */
  kubernetesEndpoint?: string | undefined;
  snapshots: {
    /** Relative to the project's folder. */
    directory: string;
    keep: number;
  };
  timeouts: UpgradeTimeouts;
}

/** Seconds. */
export interface UpgradeTimeouts {
  /** Until the cluster is fit for the next node. */
  healthy: number;
  /** Download of the installer image by a node. */
  pull: number;
  /** Order, drain, installation and reboot of a node. */
  upgrade: number;
  /** From then until the node is Ready and schedulable. */
  ready: number;
  /** From then until every volume has all of its copies. */
  volumes: number;
  /** Kubernetes on all nodes. */
  kubernetes: number;
  /** A snapshot of etcd. */
  snapshot: number;
}

export type AcmeChallenge = "http-01" | "tls-alpn-01";

export interface TraefikConfig {
  /** Chart version. */
  version: string;
  /** Name of the node that Traefik is pinned to. */
  ingressNode: string;
  acme: {
    /** Contact address of the account. */
    email?: string;
    /** Name of the certificate resolver that ingresses refer to. */
    resolver: string;
    challenge: AcmeChallenge;
    /** Directory URL of the certificate authority. */
    caServer: string;
    /** Size of the volume that the ACME files lie on. */
    storageMiB: number;
  };
}
