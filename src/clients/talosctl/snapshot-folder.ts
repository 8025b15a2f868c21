/** Where etcd snapshots are kept: they hold every secret of the cluster, so nobody else may read one. */
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { outdatedSnapshots, snapshotName } from "./snapshots.ts";

export interface SnapshotFolder {
  path: string;
  keep: number;
  cluster: string;
  /** Names of the control planes. */
  nodes: readonly string[];
}

/**
 * Takes a snapshot under a name of its own and deletes those that are too many. The file is its owner's alone. So is the folder
 * where it has to be made; one that was there keeps its permissions, for it may hold other things as well.
 *
 * @param take Writes the snapshot into the file that it is given.
 * @throws {Error} when everybody may write in the folder: a snapshot could be swapped for another one.
 */
export async function keepSnapshot(
  { path, keep, cluster, nodes }: SnapshotFolder,
  { node, talosVersion, at }: { node: string; talosVersion: string; at: Date },
  take: (file: string) => Promise<void>,
): Promise<{ path: string; bytes: number }> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await refuseOpenFolder(path);
  const name = snapshotName(cluster, node, talosVersion, at);
  const file = join(path, name);
  // Nobody else can open it while it is written, with whatever permissions that is done.
  const draft = await mkdtemp(join(path, ".unfinished-"));
  const unfinished = join(draft, name);
  try {
    await take(unfinished);
    await chmod(unfinished, 0o600);
    const { size } = await stat(unfinished);
    await rename(unfinished, file);
    for (const outdated of outdatedSnapshots(await readdir(path), cluster, nodes, keep))
      await rm(join(path, outdated));
    return { path: file, bytes: size };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

const STICKY = 0o1000;
const WRITABLE_FOR_ALL = 0o002;

async function refuseOpenFolder(path: string): Promise<void> {
  const { mode } = await stat(path);
  if (process.platform === "win32" || (mode & WRITABLE_FOR_ALL) === 0 || (mode & STICKY) !== 0) return;
  throw new Error(
    `everybody may write in ${path} (homelab:upgrade.snapshots.directory), and so replace a snapshot: chmod o-w, or another folder`,
  );
}
