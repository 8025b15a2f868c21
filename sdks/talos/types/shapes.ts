/**
 * The nested shapes of the provider, once each. Upstream repeats them under the name of every resource and function
 * that has one; `input.ts` and `output.ts` give them those names.
 *
 * Durations are written as in Go: "30s", "10m", "2h45m".
 */

/** What authenticates a caller to the Talos API. Each value is PEM in base64, as `talosctl` keeps it. */
export interface ClientConfiguration {
  /** Certificate of the authority that signed the nodes' certificates. */
  caCertificate: string;
  /** The caller's certificate. */
  clientCertificate: string;
  /** The key to that certificate. Secret. */
  clientKey: string;
}

/** Where the Kubernetes API is and what authenticates an administrator to it. Certificates are PEM in base64. */
export interface KubernetesClientConfiguration extends ClientConfiguration {
  /** URL of the API server. */
  host: string;
}

/** A certificate authority: PEM in base64. */
export interface Certificate {
  /** The certificate. */
  cert: string;
  /** Its private key. Secret. */
  key: string;
}

/** A private key without a certificate: PEM in base64. */
export interface Key {
  /** The key. Secret. */
  key: string;
}

/** The authorities of one cluster. */
export interface Certificates {
  /** Signs etcd's members and clients. */
  etcd: Certificate;
  /** Signs the Kubernetes API and its clients. */
  k8s: Certificate;
  /** Signs what the API server shows to extension API servers. */
  k8sAggregator: Certificate;
  /** Signs service account tokens. */
  k8sServiceaccount: Key;
  /** Signs the Talos API and its clients. */
  os: Certificate;
}

/** Identity of a cluster, by which its members find one another. */
export interface Cluster {
  /** Its id, random bytes in base64. */
  id: string;
  /** Shared by all members. Secret. */
  secret: string;
}

/** Secrets of the Kubernetes inside. */
export interface KubernetesSecrets {
  /** Encrypted Kubernetes secrets at rest in clusters made before Talos 1.3. Secret. */
  aescbcEncryptionSecret?: string;
  /** Lets a new node ask for its kubelet certificate. Secret. */
  bootstrapToken: string;
  /** Encrypts Kubernetes secrets at rest. Secret. */
  secretboxEncryptionSecret: string;
}

/** What a node needs to be given its Talos API certificate. */
export interface TrustdInfo {
  /** Shared by all members. Secret. */
  token: string;
}

/** Everything that makes a cluster this cluster and no other. To lose it is to lose access; to change it, the cluster. */
export interface MachineSecrets {
  certs: Certificates;
  cluster: Cluster;
  secrets: KubernetesSecrets;
  trustdinfo: TrustdInfo;
}

/** What is done to a node when its applied configuration is deleted. Taken from the state: apply it before the delete. */
export interface OnDestroy {
  /** Whether the node leaves etcd first, refusing if etcd would suffer. Default true. */
  graceful: boolean;
  /** Whether the node comes back up afterwards; else it halts. Default false. */
  reboot: boolean;
  /** Whether anything is done at all: wipes STATE and EPHEMERAL. Default false. */
  reset: boolean;
}

/** How long creation may take. */
export interface CreateTimeout {
  /** A duration. Default "10m". */
  create?: string;
}

/** How long creation and update may take. */
export interface CreateUpdateTimeout extends CreateTimeout {
  /** A duration. Default "10m". */
  update?: string;
}

/** How long each operation may take. */
export interface Timeout extends CreateUpdateTimeout {
  /** A duration, taken from the state. Default "10m". Matters only with a reset on destroy. */
  delete?: string;
}

/** How long a function may keep trying. */
export interface ReadTimeout {
  /** A duration. Default "10m". */
  read?: string;
}

/** A block device as a node sees it. */
export interface Disk {
  /** Place on the bus, as sysfs has it. */
  busPath: string;
  /** Whether it is an optical drive. */
  cdrom: boolean;
  /** Device node, such as "/dev/sda". The letter may be another one after a reboot. */
  devPath: string;
  /** Preferred size of a transfer, in bytes. */
  ioSize: number;
  /** The kernel's name for the driver that fits. */
  modalias: string;
  model: string;
  /** Size for people, in decimal units: 40 GiB is "43 GB". */
  prettySize: string;
  readonly: boolean;
  /** Whether it spins. */
  rotational: boolean;
  /** For a device made of several, such as a RAID, their names. */
  secondaryDisks: string[];
  /** In bytes. */
  sectorSize: number;
  /** Empty where the transport has none. */
  serial: string;
  /** In bytes. */
  size: number;
  /** Kernel subsystem, such as "/sys/class/block". */
  subSystem: string;
  /** Other paths to the same device, under /dev/disk. */
  symlinks: string[];
  /** How it is attached: "virtio", "nvme", "sata", "usb" and so on. */
  transport: string;
  uuid: string;
  /** World-wide id. */
  wwid: string;
}

/** Picks Talos versions. */
export interface VersionsFilter {
  /** Whether alphas and betas are left out. Default false. */
  stableVersionsOnly?: boolean;
}
