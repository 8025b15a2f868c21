/** What all objects of the API have in common: metadata, lists, times. */
import { pseudoRandom, type Cluster } from "../../world/kubernetes/cluster.ts";
import { dateOf } from "../../world/kernel/clock.ts";

export interface ApiObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; [key: string]: unknown };
  [key: string]: unknown;
}

/** RFC 3339, as the API writes times. */
export function timestamp(seconds: number): string {
  return dateOf(Math.round(seconds)).toISOString().replace(".000Z", "Z");
}

/** A uid that is the same for the same object of the same cluster, in the form of a UUID. */
export function uidOf(cluster: Cluster, ...object: (string | number)[]): string {
  const hash = pseudoRandom(cluster.state.id, ...object);
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `4${hash.slice(13, 16)}`,
    `a${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join("-");
}

/** What the server itself writes into an object that clients made, by the key under which it is kept. */
export function metadataOf(cluster: Cluster, key: string, createdAt: number) {
  return {
    uid: uidOf(cluster, key, createdAt),
    creationTimestamp: timestamp(createdAt),
    resourceVersion: resourceVersion(cluster),
  };
}

/** @param kind Of the items, e.g. `Node`. */
export function listOf(
  cluster: Cluster,
  apiVersion: string,
  kind: string,
  items: ApiObject[],
): Record<string, unknown> {
  // Items of a typed list carry no kind of their own; those of a custom resource's do (k8s.io/apimachinery, runtime/codec).
  const bare = apiVersion === "v1";
  return {
    apiVersion,
    kind: `${kind}List`,
    metadata: { resourceVersion: resourceVersion(cluster) },
    items: bare ? items.map(({ apiVersion: _version, kind: _kind, ...item }) => item) : items,
  };
}

/** Rises with whatever happens. */
export function resourceVersion({ world }: Cluster): string {
  return String(1000 + world.state.events.length);
}
