/** Whether Longhorn can do without a node: every volume whole, and a copy of each on another node that runs. */
import { staysWithDataDisk } from "../config/derive.ts";
import type { Consent, NodeConfig } from "../config/types.ts";
import type { Seen, Storage, StorageReplica, StorageVolume } from "./picture.ts";

/** `traefik/acme (pvc-1234)`. */
export function volumeName({ name, claim }: StorageVolume): string {
  return claim === undefined ? name : `${claim} (${name})`;
}

/** Volumes that are not whole. A detached one knows nothing of itself (robustness `unknown`) unless it has lost all copies. */
export function unwholeVolumes({ volumes }: Storage): string[] {
  return volumes.flatMap((volume) => {
    if (volume.robustness === "faulted")
      return [`volume ${volumeName(volume)} is faulted: no copy can be used`];
    if (volume.state === "attached" && volume.robustness !== "healthy")
      return [`volume ${volumeName(volume)} is ${volume.robustness}, not healthy`];
    return [];
  });
}

/** Volumes that would be left without a copy while the node is down. */
export function lastCopies(
  storage: Storage,
  node: string,
  readyNodes: ReadonlySet<string>,
  allow: readonly Consent[],
): string[] {
  return lastCopyVolumes(storage, node, readyNodes).flatMap((volume) => {
    if (volume.copies > 1) return [`the only healthy copy of volume ${volumeName(volume)} is on ${node}`];
    return allow.includes("single-replica") ? [] : [oneCopy(volume, node)];
  });
}

function lastCopyVolumes(
  { volumes, replicas }: Storage,
  node: string,
  readyNodes: ReadonlySet<string>,
): StorageVolume[] {
  return volumes.filter(({ name }) => {
    const healthy = replicas.filter((replica) => replica.volume === name && replica.healthy);
    return healthy.some((replica) => replica.node === node) && !survives(healthy, node, readyNodes);
  });
}

function oneCopy(volume: StorageVolume, node: string): string {
  return (
    `volume ${volumeName(volume)} is made with one copy, which is on ${node}: it cannot be used while ${node} is down; give it ` +
    "a second copy in Longhorn's UI, for which a second node with a data disk is needed, or add `single-replica` to homelab:allow"
  );
}

/** What no waiting changes: the only copy of a volume that has no more, and copies that no node is there for. */
export function waitsInVain(
  storage: Seen<Storage>,
  node: string,
  declared: readonly NodeConfig[],
  allow: readonly Consent[],
): string[] {
  if ("unseen" in storage) return [];
  const { volumes, replicas } = storage.seen;
  const alone = volumes.filter(
    ({ name, copies }) =>
      copies === 1 &&
      replicas.some((replica) => replica.volume === name && replica.healthy && replica.node === node),
  );
  return [
    ...(allow.includes("single-replica") ? [] : alone.map((volume) => oneCopy(volume, node))),
    ...neverWhole(storage.seen, declared),
  ];
}

/** Volumes that are not whole and cannot become so: they want more copies than there are nodes for them. */
export function neverWhole({ volumes }: Storage, declared: readonly NodeConfig[]): string[] {
  const holders = declared.filter(staysWithDataDisk).length;
  return volumes
    .filter(
      ({ state, robustness, copies }) =>
        state === "attached" && robustness !== "healthy" && copies > Math.max(1, holders),
    )
    .map((volume) => tooManyCopies(volume, holders));
}

/** The same of {@link lastCopies}: a volume whose last copy gets no company, for no other node has a data disk. */
export function aloneForGood(
  storage: Storage,
  node: string,
  readyNodes: ReadonlySet<string>,
  declared: readonly NodeConfig[],
): string[] {
  const holders = declared.filter(staysWithDataDisk);
  if (holders.some(({ name }) => name !== node)) return [];
  return lastCopyVolumes(storage, node, readyNodes)
    .filter(({ copies }) => copies > 1)
    .map((volume) => tooManyCopies(volume, holders.length));
}

function tooManyCopies(volume: StorageVolume, holders: number): string {
  return (
    `volume ${volumeName(volume)} is made with ${volume.copies} copies, each on a node of its own, and data disks are on ` +
    `${holders === 1 ? "1 node" : `${holders} nodes`}: add one, or lower its copies to ${Math.max(1, holders)} in Longhorn's UI`
  );
}

function survives(
  healthy: readonly StorageReplica[],
  node: string,
  readyNodes: ReadonlySet<string>,
): boolean {
  return healthy.some((replica) => replica.node !== node && readyNodes.has(replica.node));
}

export function storageReasons(
  storage: Seen<Storage>,
  node: string,
  readyNodes: ReadonlySet<string>,
  allow: readonly Consent[],
): string[] {
  if ("unseen" in storage) return [`Longhorn's volumes cannot be read: ${storage.unseen}`];
  return [...unwholeVolumes(storage.seen), ...lastCopies(storage.seen, node, readyNodes, allow)];
}
