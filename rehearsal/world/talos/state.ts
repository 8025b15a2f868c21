/** State of one running machine: what a power cycle loses. Plain JSON, as `kernel/state.ts`. */
import type { TalosImage } from "../kernel/state.ts";
import type { Upload } from "./etcd/recovery.ts";
import type { NodeFacts } from "./machine-config/facts.ts";
import type { RunningSequence } from "./machined/sequence.ts";
import type { Stall } from "./machined/stall.ts";

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
