/** State of the machines as Talos runs them: what a power cycle loses, and what lies on the system disk. */
import type { TalosImage } from "../factory/state.ts";
import type { SystemDiskState } from "../proxmox/state.ts";
import type { EtcdSnapshot } from "./etcd/registry.ts";
import type { ClusterState } from "./etcd/state.ts";
import type { NodeFacts } from "./machine-config/node-facts.ts";

declare module "../kernel/state.ts" {
  interface WorldState {
    /** Per VM id: the volatile part of a machine, i.e. what a power cycle loses. */
    machines: Record<string, MachineState>;
    /** Per cluster id (from the cluster's secrets). */
    clusters: Record<string, ClusterState>;
    /** By VM id: what the environment's config says of a machine's disks; a format is judged by it. */
    declarations?: Record<string, MachineDeclaration>;
  }

  /** The subject of each is a VM's id. */
  interface Faults {
    /** The node reaches no registry: pulls are tried for twenty minutes and fail. */
    "pull-fails": true;
    /** The next reboot from inside gets stuck; a power cycle, or mending it, brings the machine back. */
    "reboot-hangs": true;
    /** A new boot entry does not come up, and the firmware falls back to the one before. */
    "boot-falls-back": true;
    /** Its etcd does not start any more, as with a corrupt data directory. */
    "etcd-member-fails": true;
    /** etcd's database is full: the alarm NOSPACE. */
    "etcd-alarm": true;
  }
}

declare module "../proxmox/state.ts" {
  /** Talos's STATE and EPHEMERAL partitions: all that survives a reboot. */
  interface SystemDiskState {
    /** The machine config as applied, complete YAML. */
    machineConfig: string;
    /** Id of the cluster whose secrets that config carries. */
    clusterId: string;
    /** Present on a control plane that has an etcd data directory. */
    etcd?: { clusterId: string; memberId: string; bootstrappedAt: number };
    /** What pods and Longhorn wrote on EPHEMERAL, by path: where replicas land when the data path is wrong. */
    ephemeral: Record<string, string>;
    /** Images that clients had pulled into the CRI's containerd, by containerd namespace and reference. */
    images?: Record<string, PulledImage>;
  }
}

export type TalosDiskState = SystemDiskState;

export interface PulledImage {
  namespace: "system" | "k8s.io";
  reference: string;
  digest: string;
  sizeBytes: number;
  pulledAt: number;
}

/** What the environment declares of one machine, independent of what its program then does: on which bus a disk is, too. */
export interface MachineDeclaration {
  /** Name of the node. */
  node: string;
  osDisk: { sizeBytes: number };
  /** Absent for a node whose disks no user volume may touch. */
  dataDisk?: { sizeBytes: number; serial: string };
}

export interface MachineState {
  vmId: number;
  /** Changes at every boot, like /proc/sys/kernel/random/boot_id. */
  bootId: string;
  bootCount: number;
  /** The cluster in which its kubelet has registered since this boot. */
  registered?: string;
  /** Simulated time from which the machine answers on the network; before it, it is booting. */
  answersAt: number;
  /** Address from the nocloud data, or from the machine config once there is one. */
  address: string;
  /** Every address it answers at: nocloud's, and those of the machine config. */
  addresses: string[];
  /** The image that this boot runs; the one on the disk changes before the reboot that runs it. */
  image: TalosImage;
  /** The machine config in force since boot or since an apply without reboot; absent in maintenance mode. */
  machineConfig?: string;
  /** What that config says, without its secrets. */
  facts?: NodeFacts;
  /** What keeps it from getting further than apid with that config. */
  stall?: Stall;
  /** Simulated time from which that config is in force. */
  configuredAt?: number;
  /** End of an apply in mode `try`: the config on the disk then comes back. */
  revertsAt?: number;
  /** Device names of this boot: `/dev/sda` -> disk id. */
  devices: Record<string, string>;
  /** User volumes of the config in force. */
  volumes: UserVolumeState[];
  /** Block devices attached over iSCSI (Longhorn volumes in use on this node). */
  iscsi: IscsiDevice[];
  /** What machined is in the middle of: an upgrade, a reboot. Still to be gone on with after a killed process. */
  sequence?: RunningSequence;
  /** etcd, the kubelet and everything else on EPHEMERAL have been stopped, while apid still answers. */
  servicesStopped?: boolean;
  /** It left etcd, whose service stays down until the next boot. */
  leftEtcd?: boolean;
  /** apid has a certificate of this boot; only a worker has to ask somebody for it. */
  certified?: boolean;
  /** It never comes up: the reboot got stuck, and only power helps; or it cannot load its config. */
  hung?: "reboot" | "config";
  /** Installer images in the containerd of Talos's own services, which lies in memory. */
  installers?: string[];
  /** A snapshot that was uploaded for a recovery. */
  recovery?: Upload;
}

export interface UserVolumeState {
  name: string;
  /** `UserVolumeConfig`, `RawVolumeConfig` ... */
  kind: string;
  phase: "waiting" | "ready";
  /** Why it waits, in Talos's words or ours. */
  reason?: string;
  diskId?: string;
  partitionLabel?: string;
  /** `/var/mnt/<name>`; a raw volume has none. */
  mountPoint?: string;
  readyAt?: number;
}

export interface IscsiDevice {
  /** Volume name, e.g. `pvc-…`. */
  name: string;
  sizeBytes: number;
  devPath: string;
  /** Filesystem on it; `none` until its first mount. Absent means `ext4`, Longhorn's default. */
  filesystem?: string;
}

/** A sequence of machined that is under way. */
export interface RunningSequence {
  name: "upgrade" | "reboot";
  actorId: string;
  /** Index of the phase that it is in. */
  phase: number;
  /** The installer's reference. */
  image?: string;
}

/** How far a configured node gets. */
export interface Stall {
  /** `offline`: nothing beyond its own link; `kubelet`: etcd runs, the kubelet does not. */
  what: "offline" | "kubelet";
  why: string;
}

/** What was uploaded for a recovery: a snapshot, or something else. */
export interface Upload {
  snapshot?: EtcdSnapshot;
  /** Whether its sum was there and right. */
  hashed?: boolean;
  /** Why it is no snapshot. */
  damaged?: string;
}
