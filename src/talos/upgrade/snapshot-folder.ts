/** Where etcd snapshots are kept: they hold every secret of the cluster, so nobody else may read them. */
import { chmod, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
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
 * Takes a snapshot under a name of its own and deletes those that are too many.
 *
 * @param take Writes the snapshot into the file that it is given.
 */
export async function keepSnapshot(
  { path, keep, cluster, nodes }: SnapshotFolder,
  { node, talosVersion, at }: { node: string; talosVersion: string; at: Date },
  take: (file: string) => Promise<void>,
): Promise<{ path: string; bytes: number }> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700); // it may have been there before
  const file = join(path, snapshotName(cluster, node, talosVersion, at));
  const unfinished = `${file}.unfinished`;
  try {
    await take(unfinished);
    await chmod(unfinished, 0o600);
    const { size } = await stat(unfinished);
    await rename(unfinished, file);
    for (const name of outdatedSnapshots(await readdir(path), cluster, nodes, keep))
      await rm(join(path, name));
    return { path: file, bytes: size };
  } finally {
    await rm(unfinished, { force: true });
  }
}
