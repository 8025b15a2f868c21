/** Files of etcd snapshots: their names, and which are kept. */

/** As {@link snapshotName} makes them; anything else in the folder is somebody else's, and stays. */
const NAME = /^(.+)-v\d+\.\d+\.\d+\S*-(\d{8}T\d{6}Z)\.db$/;

/** E.g. `lab-cp-1-v1.12.0-20261123T101500Z.db`: what runs, not what is to run, for a restore needs that one. */
export function snapshotName(cluster: string, node: string, talosVersion: string, at: Date): string {
  const time = at.toISOString().replace(/\.\d+/, "").replace(/[-:]/g, "");
  return `${cluster}-${node}-${talosVersion}-${time}.db`;
}

/** Snapshots of these nodes that are too many: all but the newest `keep`. */
export function outdatedSnapshots(
  names: readonly string[],
  cluster: string,
  nodes: readonly string[],
  keep: number,
): string[] {
  const owners = new Set(nodes.map((node) => `${cluster}-${node}`));
  return names
    .flatMap((name) => {
      const [, owner, time] = NAME.exec(name) ?? [];
      return owner !== undefined && time !== undefined && owners.has(owner) ? [{ name, time }] : [];
    })
    .sort((a, b) => order(a.time, b.time) || order(a.name, b.name))
    .slice(0, -keep)
    .map(({ name }) => name);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
