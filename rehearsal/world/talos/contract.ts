/**
 * What the cluster side of the world may ask of a node. `kubernetes/`, `longhorn/` and `traefik/` know a node only by
 * this interface, as a kubelet knows its host.
 */
export interface NodeHost {
  readonly vmId: number;
  readonly name: string;
  /** Whether its kubelet works: false while it boots, gets no further with its config, is stopped or is gone. */
  isUp(): boolean;
  /** Official names of the extensions in the running image. */
  extensions(): string[];
  /**
   * Which filesystem a path lies on in the *host's* mount namespace, where containerd resolves the hostPaths of pods:
   * a mounted user volume, or EPHEMERAL on the system disk.
   */
  resolve(path: string): HostPath;
  /** Directories that are there for mounts: those of user volumes, and the sources of the kubelet's extra mounts. */
  directories?(): string[];
  /** The mount the kubelet's own namespace has at or above this path; undefined when it sees only its read-only defaults. */
  kubeletMount(path: string): KubeletMount | undefined;
  /** A Longhorn volume becomes a disk of this node; needs iscsi-tools. Throws in Longhorn's words when it cannot. */
  attachIscsi(volume: { name: string; sizeBytes: number }): void;
  detachIscsi(name: string): void;
}

export interface HostPath {
  diskId: string;
  onSystemDisk: boolean;
  /** Size of the filesystem in bytes. */
  sizeBytes: number;
  filesystem: string;
  /** The mount point it was resolved to, e.g. `/var/mnt/longhorn` or `/var`. */
  mountPoint: string;
  /** Reads and writes the content below the mount point (by path relative to it). */
  files: Record<string, string>;
}

export interface KubeletMount {
  destination: string;
  source: string;
  /** `rshared`, `rslave` or `private`. */
  propagation: string;
  readonly: boolean;
}
