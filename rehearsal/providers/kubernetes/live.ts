/** An object as the cluster keeps it and as its API gives it back. */
import { createHash } from "node:crypto";
import { metadataOf as metadataWritten } from "../../api/kubernetes/objects.ts";
import type { Cluster } from "../../world/kubernetes/cluster.ts";
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
  const key = keyOf(named);
  return {
    ...inputs,
    metadata: {
      ...metadataOf(inputs),
      ...metadataWritten(cluster, key, cluster.state.objects[key]?.createdAt ?? 0),
    },
    ...(status === undefined ? {} : { status }),
  };
}

export function fingerprint(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
