/**
 * Longhorn's own HTTP API, as pods reach it: the service `longhorn-backend`, port 9500 (chart: templates/daemonset-sa.yaml).
 * Answers have the shape of longhorn-manager's api/model.go, as far as this project reads them.
 */
import type { Cluster } from "../kubernetes/cluster.ts";
import type { LonghornState } from "../kubernetes/state.ts";
import { registerDisks, storageNodes } from "./nodes.ts";
import { readValues } from "./values.ts";
import { reassess, shownRobustness } from "./copies.ts";
import { settleCopies } from "./rebuild.ts";

export function longhornApi(cluster: Cluster, url: URL): string {
  const { longhorn } = cluster.state;
  const host = /^longhorn-backend\.([\w-]+)(?:\.svc(?:\.cluster\.local)?)?$/.exec(url.hostname);
  if (!longhorn || host?.[1] !== longhorn.namespace) throw new Error(`bad address '${url.hostname}'`);
  if (url.port !== "9500") throw new Error(`can't connect to remote host: Connection refused`);
  const release = cluster.state.releases[longhorn.release];
  if (storageNodes(cluster, longhorn).length === 0 && !release)
    throw new Error("server returned error: HTTP/1.1 500");
  // A manager that came up since gives its node a disk.
  registerDisks(cluster, longhorn, readValues(release?.values ?? {}));
  settleCopies(cluster);
  const answer = look(cluster, longhorn, url.pathname);
  if (answer === undefined) throw new Error("server returned error: HTTP/1.1 404 Not Found");
  return JSON.stringify(answer);
}

function look(cluster: Cluster, longhorn: LonghornState, path: string): unknown {
  const [, version, kind, name] = path.split("/");
  if (version !== "v1") return undefined;
  if (kind === "volumes" && name === undefined)
    return { type: "collection", data: volumes(cluster, longhorn) };
  if (kind === "nodes" && name !== undefined) {
    const registered = longhorn.disks[name];
    if (!registered) return undefined;
    const disk = {
      path: registered.path,
      allowScheduling: true,
      evictionRequested: false,
      scheduledReplica: scheduled(longhorn, name),
    };
    const evicting = longhorn.evicting?.includes(name) ?? false;
    const open = !(longhorn.closed?.includes(name) ?? false);
    const body = { id: name, name, allowScheduling: open, evictionRequested: evicting };
    return { ...body, disks: { [`default-disk-${registered.diskId}`]: disk } };
  }
  return undefined;
}

function volumes(cluster: Cluster, longhorn: LonghornState): unknown[] {
  return Object.values(longhorn.volumes).map((volume) => {
    reassess(cluster, volume);
    return {
      id: volume.name,
      name: volume.name,
      size: String(volume.sizeBytes),
      numberOfReplicas: volume.replicasWanted,
      state: volume.attachedTo === undefined ? "detached" : "attached",
      robustness: shownRobustness(volume),
      replicas: volume.replicas.map(({ id, node, healthy }) => ({
        name: id,
        hostId: node,
        running: healthy && volume.attachedTo !== undefined,
        // Its engine's word: while there is none, there is no mode (longhorn-manager api/model.go).
        mode: volume.attachedTo === undefined ? "" : healthy ? "RW" : "ERR",
      })),
    };
  });
}

function scheduled(longhorn: LonghornState, node: string): Record<string, number> {
  const replicas = Object.values(longhorn.volumes).flatMap((volume) =>
    volume.replicas
      .filter((replica) => replica.node === node)
      .map(({ id }) => [id, volume.sizeBytes] as const),
  );
  return Object.fromEntries(replicas);
}
