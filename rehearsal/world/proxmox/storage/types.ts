/** What each type of store is and can hold [pve-storage: PVE/Storage/*Plugin.pm, plugindata and alloc_image; Plugin.pm, SHARED_STORAGE]. */
import type { DatastoreContent, DatastoreState, ProxmoxState, StoreType } from "../state.ts";
import { MiB } from "../../kernel/units.ts";

const KiB = 1024;

interface StoreFacts {
  content: readonly DatastoreContent[];
  /** Volumes are files in a folder; else block devices. */
  files: boolean;
  /** Of disk images. */
  formats: readonly string[];
  /** A volume takes its whole size at once. */
  thick: boolean;
  /** One store for all hosts: by its nature, where its owner says so, or not at all. */
  shared: "always" | "maybe" | "never";
  /** Volumes are as large as a multiple of so many bytes. */
  grain: number;
}

const DISKS = ["images", "rootdir"] as const;
const FILES = ["iso", "vztmpl", "backup", "snippets", "import"] as const;
const BLOCK = { content: DISKS, files: false, formats: ["raw"], thick: false, grain: MiB } as const;
const FOLDER = {
  content: [...DISKS, ...FILES],
  files: true,
  formats: ["raw", "qcow2", "vmdk"],
  thick: false,
  grain: KiB,
} as const;

export const STORE_TYPES: Record<StoreType, StoreFacts> = {
  dir: { ...FOLDER, shared: "maybe" },
  btrfs: { ...FOLDER, formats: ["raw"], shared: "maybe" },
  nfs: { ...FOLDER, shared: "always" },
  cifs: { ...FOLDER, shared: "always" },
  cephfs: { ...FOLDER, content: FILES, formats: [], shared: "always" },
  // Extents of 4 MiB; qcow2 on a volume needs the option of snapshots as a chain, which nobody has by default.
  lvm: { ...BLOCK, thick: true, shared: "maybe", grain: 4 * MiB },
  lvmthin: { ...BLOCK, shared: "never", grain: 4 * MiB },
  // Without the option `sparse`, `zfs create -V` reserves the volume's size.
  zfspool: { ...BLOCK, thick: true, shared: "never" },
  rbd: { ...BLOCK, shared: "always" },
};

/** A store that hosts share is one and the same, whichever of them is asked: a file on it is there for all, and once. */
export function joinShared({ hosts }: ProxmoxState): void {
  const known = new Map<string, DatastoreState>();
  for (const { datastores } of Object.values(hosts)) {
    for (const [name, own] of Object.entries(datastores)) {
      if (!own.shared) continue;
      const first = known.get(name) ?? own;
      known.set(name, first);
      datastores[name] = first;
    }
  }
}
