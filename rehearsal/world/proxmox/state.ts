/** State of the Proxmox cluster: its hosts, what lies on their datastores, and the machines with their disks. */
import type { TalosImage } from "../factory/state.ts";

declare module "../kernel/state.ts" {
  interface WorldState {
    proxmox: ProxmoxState;
    /** VLAN of this homelab's network, by its config; absent: the bridges' own network. */
    vlan?: number;
  }
}

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

export type DiskContent =
  | { kind: "blank" }
  /** A Talos system disk: an imported factory image, and later Talos's own partitions. */
  | {
      kind: "talos";
      image: TalosImage;
      /** The boot entry before this one, kept by an upgrade, and the way back while the new one has not come up. */
      previous?: { image: TalosImage; untried: boolean };
      state?: SystemDiskState;
      partitions: Partition[];
    }
  /** A GPT disk with partitions that Talos or a former owner made. */
  | { kind: "gpt"; partitions: Partition[] }
  /** Anything that is no GPT disk: a bare filesystem, LVM, a ZFS member. */
  | { kind: "foreign"; what: string };

/** What the operating system keeps on its disk over a reboot; the system says what that is (`talos/state.ts`). */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled by declaration merging
export interface SystemDiskState {}

export interface Partition {
  /** GPT label, e.g. `u-longhorn`. */
  label: string;
  sizeBytes: number;
  filesystem: string;
  formattedAt: number;
  /** Content by path below the mount point, e.g. one entry per Longhorn replica directory. */
  files: Record<string, string>;
}
