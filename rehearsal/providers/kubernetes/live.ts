/** An object as the cluster keeps it and as its API gives it back. */
import { createHash } from "node:crypto";
import { pseudoRandom, type Cluster } from "../../world/kubernetes/cluster.ts";
import { isRecord, type PropertyMap } from "../server/index.ts";
import { identify, keyOf, metadataOf, type Identified } from "./names.ts";

/** What is on record of it, without what the cluster itself wrote there. */
export function recorded(cluster: Cluster, named: Identified): PropertyMap | undefined {
  const found = cluster.state.objects[keyOf(named)];
  if (!found) return undefined;
  const { status: _status, ...body } = found.body;
  return structuredClone<PropertyMap>(body);
}

export function statusOf(cluster: Cluster, named: Identified): PropertyMap | undefined {
  const status = cluster.state.objects[keyOf(named)]?.body["status"];
  return isRecord(status) ? status : undefined;
}

/** @param body What the cluster keeps of the object; nothing secret. */
export function record(cluster: Cluster, named: Identified, body: PropertyMap): void {
  const known = cluster.state.objects[keyOf(named)];
  cluster.state.objects[keyOf(named)] = {
    apiVersion: named.apiVersion,
    kind: named.kind,
    ...(named.namespace === undefined ? {} : { namespace: named.namespace }),
    name: named.name,
    // What the cluster itself wrote there is not the client's to take away.
    body: structuredClone({ ...(known?.body["status"] ? { status: known.body["status"] } : {}), ...body }),
    createdAt: known?.createdAt ?? cluster.world.clock.now(),
  };
}

export function setStatus(cluster: Cluster, named: Identified, status: PropertyMap): void {
  const object = cluster.state.objects[keyOf(named)];
  if (object) object.body = { ...object.body, status };
}

/** The object as the API server would give it back. */
export function liveObject(cluster: Cluster, inputs: PropertyMap, status?: unknown): PropertyMap {
  const named = identify(inputs);
  const createdAt = cluster.state.objects[keyOf(named)]?.createdAt ?? 0;
  const hash = pseudoRandom(cluster.state.id, keyOf(named), createdAt);
  return {
    ...inputs,
    metadata: {
      ...metadataOf(inputs),
      uid: `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`,
      creationTimestamp: new Date(Math.round(createdAt) * 1000).toISOString(),
      resourceVersion: String(parseInt(hash.slice(0, 6), 16)),
    },
    ...(status === undefined ? {} : { status }),
  };
}

export function fingerprint(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
