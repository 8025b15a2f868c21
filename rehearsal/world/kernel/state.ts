/**
 * The whole state of a simulated homelab: plain JSON, so that it can be saved after every change, survive a killed
 * run and be compared between runs. Units: bytes for sizes, simulated seconds for times.
 *
 * What a node knows lives on its disks (`DiskContent`): a machine that is deleted, or a disk that is lost, takes its
 * machine config, etcd member and replicas with it, as in a real homelab.
 */
import type { ClusterState } from "../kubernetes/state.ts";
import type { WorldEvent } from "./record.ts";
import type { WorldFault } from "./faults.ts";
import type { MachineState } from "../talos/state.ts";

export type { IscsiDevice, MachineState, UserVolumeState } from "../talos/state.ts";

export const WORLD_FORMAT = 1;

export interface WorldState {
  format: typeof WORLD_FORMAT;
  /** The stack (environment) this world belongs to. */
  stack: string;
  /** Seed of everything the world picks at random: device letters, task ids. */
  seed: number;
  /** Simulated seconds since the world was made, as of the last save. */
  elapsed: number;
  /** Counter for ids that must never repeat (disks, boots, tasks). */
  nextId: number;
  proxmox: ProxmoxState;
  /** Per VM id: the volatile part of a machine, i.e. what a power cycle loses. */
  machines: Record<string, MachineState>;
  /** Per cluster id (from the cluster's secrets). */
  clusters: Record<string, ClusterState>;
  events: WorldEvent[];
  /** By VM id: what the environment's config says of a machine's disks; a format is judged by it. */
  declarations?: Record<string, MachineDeclaration>;
  /** VLAN of this homelab's network, by its config; absent: the bridges' own network. */
  vlan?: number;
  /** Port of the Proxmox API, the same at every run: the provider's endpoint is part of the state. */
  apiPort?: number;
  /** Port of the Talos API, the same at every run. */
  talosPort?: number;
  /** Port of the Kubernetes API, likewise. */
  kubernetesPort?: number;
  /** What the image factory has been asked to remember: schematics by id. */
  factory?: FactoryState;
  /** What is broken on purpose, until somebody mends it (`faults.ts`). */
  faults?: WorldFault[];
}

export interface FactoryState {
  schematics: Record<string, RegisteredSchematic>;
}

export interface RegisteredSchematic {
  /** Canonical YAML: its sha256 is the id. */
  yaml: string;
  /** Official extension names, in the schematic's order. */
  extensions: string[];
}

/** What the environment declares of one machine, independent of what its program then does: on which bus a disk is, too. */
export interface MachineDeclaration {
  /** Name of the node. */
  node: string;
  osDisk: { sizeBytes: number };
  /** Absent for a node whose disks no user volume may touch. */
  dataDisk?: { sizeBytes: number; serial: string };
}

// ---------------------------------------------------------------- Proxmox

export interface ProxmoxState {
  hosts: Record<string, HostState>;
  /** By VM id; ids are unique over all hosts of a Proxmox cluster, and over machines and containers. */
  vms: Record<string, VmState>;
  /** LXC containers by their id: nobody but their owner touches them, but their ids are taken. */
  containers?: Record<string, ContainerState>;
  /** Release of Proxmox VE, when it is not a current one. */
  version?: string;
}

export interface ContainerState {
  vmId: number;
  host: string;
  name: string;
  power: "stopped" | "running";
}

export interface HostState {
  name: string;
  cpus: number;
  memoryBytes: number;
  bridges: string[];
  datastores: Record<string, DatastoreState>;
  /** Switched off, or cut off from the others: still a member of the cluster, but it answers nothing. */
  off?: boolean;
}

export type DatastoreContent = "import" | "images" | "iso" | "snippets" | "vztmpl" | "backup" | "rootdir";

/** What is true of each is in proxmox/store-types.ts. */
export type StoreType = "dir" | "btrfs" | "nfs" | "cifs" | "cephfs" | "lvm" | "lvmthin" | "zfspool" | "rbd";

export interface DatastoreState {
  name: string;
  type: StoreType;
  /** One datastore with the same content on every host that has it. */
  shared?: boolean;
  content: DatastoreContent[];
  capacityBytes: number;
  /** Uploaded or downloaded files, by volume id such as `local:import/talos.qcow2`. VM disks are in `vms`. */
  files: Record<string, StoredFile>;
}

export interface StoredFile {
  volumeId: string;
  fileName: string;
  contentType: DatastoreContent;
  /** Size of the file itself, in bytes. */
  sizeBytes: number;
  createdAt: number;
  /** Present when the file is a Talos disk image. */
  image?: TalosImage;
  /** Size of the disk inside the image, when the file is one. */
  virtualBytes?: number;
}

/** What an image of the Image Factory is: which extensions it carries follows from the schematic. */
export interface TalosImage {
  schematicId: string;
  /** With the leading `v`, e.g. `v1.12.0`. */
  version: string;
  platform: string;
  /** Official extension names, e.g. `siderolabs/iscsi-tools`. */
  extensions: string[];
  /** Absent means amd64. Firmware of another architecture does not boot it. */
  arch?: "amd64" | "arm64";
}

export interface VmState {
  vmId: number;
  host: string;
  /** The keys of the VM's config as Proxmox's API shows them (`name`, `cores`, `net0`, `ipconfig0`, `serial` inside `virtio1` ...). */
  config: Record<string, string | number>;
  power: "stopped" | "running";
  /** Config changes that a running machine takes only at its next start; null deletes the key. */
  pending?: Record<string, string | number | null>;
  /** By interface (`scsi0`, `virtio1`, `efidisk0`, `ide2`). */
  disks: Record<string, DiskState>;
  /** True for a machine that the homelab already had, which no program may touch. */
  foreign?: boolean;
}

export interface DiskState {
  /** Never reused, so that a record about a disk stays true after the disk is gone. */
  id: string;
  interface: string;
  datastore: string;
  sizeBytes: number;
  /** As declared; what the guest sees of it is the business of `talos/disks/inventory.ts`. */
  serial?: string;
  /** `cdrom` for a cloud-init drive or an ISO, `efi` for the EFI variables (not shown to the guest as a disk). */
  media: "disk" | "cdrom" | "efi";
  content: DiskContent;
}

// ---------------------------------------------------------------- what is on a disk

export type DiskContent =
  | { kind: "blank" }
  /** A Talos system disk: an imported factory image, and later Talos's own partitions. */
  | {
      kind: "talos";
      image: TalosImage;
      /** The boot entry before this one, kept by an upgrade, and the way back while the new one has not come up. */
      previous?: { image: TalosImage; untried: boolean };
      state?: TalosDiskState;
      partitions: Partition[];
    }
  /** A GPT disk with partitions that Talos or a former owner made. */
  | { kind: "gpt"; partitions: Partition[] }
  /** Anything that is no GPT disk: a bare filesystem, LVM, a ZFS member. */
  | { kind: "foreign"; what: string };

/** Talos's STATE and EPHEMERAL partitions: all that survives a reboot. */
export interface TalosDiskState {
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

export interface PulledImage {
  namespace: "system" | "k8s.io";
  reference: string;
  digest: string;
  sizeBytes: number;
  pulledAt: number;
}

export interface Partition {
  /** GPT label, e.g. `u-longhorn`. */
  label: string;
  sizeBytes: number;
  filesystem: string;
  formattedAt: number;
  /** Content by path below the mount point, e.g. one entry per Longhorn replica directory. */
  files: Record<string, string>;
}
