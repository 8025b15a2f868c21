/**
 * What Kubernetes keeps in etcd, and so what a snapshot of it holds, key by key. The content of volumes is not in it; the world
 * keeps it with the volume's object, so a volume that is still there keeps what was written since.
 */
import { DURATIONS as NODE } from "../talos/durations.ts";
import type { EtcdSnapshot, Registry } from "../talos/etcd/registry.ts";
import type { ClusterState } from "./state.ts";

/** Made by Kubernetes itself. */
export const BUILT_IN_NAMESPACES = ["default", "kube-system", "kube-public", "kube-node-lease"];

export const registry: Registry = {
  begin: ({ kubernetesVersion }, at) => ({
    kubernetesVersion,
    nodes: {},
    namespaces: Object.fromEntries(
      BUILT_IN_NAMESPACES.map((name) => [
        name,
        { labels: { "kubernetes.io/metadata.name": name }, createdAt: at },
      ]),
    ),
    releases: {},
    objects: {},
    pods: {},
  }),
  takeSnapshot,
  readSnapshot,
  restored({ systems }, cluster, former) {
    for (const node of Object.values(cluster.nodes)) {
      node.readyAt = Math.max(node.readyAt, cluster.apiUpAt! + NODE.nodeReadyAgain);
    }
    if (former) systems.storage.restored(cluster, former);
  },
};

const PARTS = ["nodes", "namespaces", "releases", "objects", "pods"] as const;
const RESOURCES: Record<(typeof PARTS)[number], string> = {
  nodes: "minions",
  namespaces: "namespaces",
  releases: "secrets/helm-releases",
  objects: "objects",
  pods: "pods",
};

interface Entry {
  part: string;
  key: string;
  body: unknown;
}

/** The cluster, cut into keys as they would lie below `/registry`. `revision` counts every write there ever was. */
function takeSnapshot(cluster: ClusterState, writes: number): EtcdSnapshot {
  const { name, membership, kubernetesVersion } = cluster;
  const records: Entry[] = [
    { part: "cluster", key: "kube-system", body: { name, membership, kubernetesVersion } },
    ...PARTS.flatMap((part) => keysOf(part, cluster[part])),
  ];
  if (cluster.longhorn) {
    const { volumes, ...settings } = cluster.longhorn;
    records.push({ part: "longhorn", key: "settings", body: settings });
    records.push(...keysOf("volumes", volumes));
  }
  const entries = records.map((record) => ({ key: pathOf(record), value: JSON.stringify(record) }));
  return { revision: String(1000 + writes + entries.length), entries };
}

function keysOf(part: string, bodies: Record<string, unknown>): Entry[] {
  return Object.entries(bodies).map(([key, body]) => ({ part, key, body }));
}

function pathOf({ part, key }: Entry): string {
  const resource =
    (RESOURCES as Record<string, string>)[part] ?? { volumes: "longhorn.io/volumes" }[part] ?? part;
  return `/registry/${resource}/${key}`;
}

/** The cluster's content as it was. Throws when the keys are not those of such a snapshot. */
function readSnapshot({ entries }: EtcdSnapshot): Partial<ClusterState> {
  const found: Record<string, Record<string, unknown>> = {};
  for (const { key, value } of entries) {
    const record = parse(key, value);
    (found[record.part] ??= {})[record.key] = record.body;
  }
  const about = found["cluster"]?.["kube-system"];
  if (!about) throw new Error("the snapshot does not hold a Kubernetes cluster");
  const settings = found["longhorn"]?.["settings"];
  const parts = Object.fromEntries(PARTS.map((part) => [part, found[part] ?? {}]));
  const longhorn = settings ? { longhorn: { ...settings, volumes: found["volumes"] ?? {} } } : {};
  return { ...about, ...parts, ...longhorn } as Partial<ClusterState>;
}

function parse(key: string, value: string): Entry {
  try {
    return JSON.parse(value) as Entry;
  } catch {
    throw new Error(`the snapshot's value of ${key} cannot be read`);
  }
}
