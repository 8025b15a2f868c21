/** What clients look for before they make it, and change afterwards: namespaces, Jobs, and Longhorn's own nodes. */
import type { Cluster } from "../../world/kubernetes/cluster.ts";
import { DURATIONS } from "../../world/kubernetes/durations.ts";
import { ApiError as WorldError, namespaceExists } from "../../world/kubernetes/api/namespaces.ts";
import { deleteObject } from "../../world/kubernetes/api/declared-objects.ts";
import { at, isRecord } from "../../world/kubernetes/pods/spec.ts";
import {
  forgetNode,
  nodeFields,
  nodeKept,
  refuseFields,
  setNodeFields,
} from "../../world/longhorn/node-object.ts";
import { metadataOf, type ApiObject } from "./objects.ts";
import { ApiError, noSuchResource, notFound } from "./status.ts";
import type { ApiRequest } from "./request.ts";

export function namespaceView(cluster: Cluster, name: string): ApiObject {
  if (!namespaceExists(cluster, name)) throw notFound("", "namespaces", name);
  const { labels, createdAt } = cluster.state.namespaces[name] ?? {
    labels: { "kubernetes.io/metadata.name": name },
    createdAt: 0,
  };
  const key = `v1/Namespace//${name}`;
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name,
      ...metadataOf(cluster, key, cluster.state.objects[key]?.createdAt ?? createdAt),
      labels,
    },
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  };
}

export async function job(
  cluster: Cluster,
  namespace: string,
  name: string,
  { method }: ApiRequest,
): Promise<unknown> {
  const key = `batch/v1/Job/${namespace}/${name}`;
  const found = cluster.state.objects[key];
  if (!found) throw notFound("batch", "jobs", name);
  if (method === "GET") {
    const metadata = at(found.body, "metadata");
    return {
      ...found.body,
      metadata: {
        ...(isRecord(metadata) ? metadata : {}),
        ...metadataOf(cluster, key, found.createdAt),
      },
    };
  }
  if (method !== "DELETE") throw noSuchResource();
  await cluster.world.clock.sleep(DURATIONS.apiCall);
  deleteObject(cluster, key);
  return deleted("jobs", name);
}

/** The webhooks' answers are those of longhorn-manager. */
export async function changeLonghornNode(
  cluster: Cluster,
  namespace: string,
  name: string,
  { method, type, body }: ApiRequest,
): Promise<unknown> {
  const { longhorn } = cluster.state;
  if (longhorn?.namespace !== namespace || !longhorn.disks[name])
    throw notFound("longhorn.io", "nodes", name);
  await cluster.world.clock.sleep(DURATIONS.apiCall);
  if (method === "DELETE") {
    const kept = nodeKept(cluster, longhorn, name);
    if (kept !== undefined) throw new ApiError(403, "Forbidden", kept);
    forgetNode(cluster, name);
    return deleted("nodes", name);
  }
  // A custom resource knows no strategic merge (k8s.io/apiextensions-apiserver).
  if (type !== "application/merge-patch+json")
    throw new ApiError(415, "UnsupportedMediaType", `${type} is not supported here`);
  const spec = at(JSON.parse(body), "spec");
  const fields = { ...nodeFields(longhorn, name), ...(isRecord(spec) ? spec : {}) };
  try {
    refuseFields(fields);
  } catch (error) {
    if (error instanceof WorldError) throw new ApiError(403, "Forbidden", error.message);
    throw error;
  }
  setNodeFields(longhorn, name, fields);
  cluster.world.note({
    kind: "object-updated",
    subject: name,
    text: `Longhorn's node ${name}: allowScheduling ${fields.allowScheduling}, evictionRequested ${fields.evictionRequested}`,
  });
  return {};
}

function deleted(kind: string, name: string): Record<string, unknown> {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details: { name, kind } };
}
