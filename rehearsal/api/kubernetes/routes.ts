/** What the simulated API server answers; everything else is not found, in its own words. */
import { numbersOf } from "../../world/kernel/versions.ts";
import type { Cluster } from "../../world/kubernetes/cluster.ts";
import { DURATIONS } from "../../world/kubernetes/durations.ts";
import { deleteNode, setUnschedulable } from "../../world/kubernetes/api/node-objects.ts";
import type { KubernetesNode } from "../../world/kubernetes/state.ts";
import { textOf } from "../../world/kubernetes/pods/spec.ts";
import { pathParts } from "../http.ts";
import { changeLonghornNode, job, namespaceView } from "./declared.ts";
import { LONGHORN_RESOURCES, LONGHORN_VERSION } from "./longhorn.ts";
import { nodeView } from "./nodes.ts";
import { listOf, type ApiObject } from "./objects.ts";
import { unschedulableIn } from "./patch.ts";
import { podViews } from "./pods.ts";
import type { ApiRequest } from "./request.ts";
import { releaseSecrets } from "./release-secrets.ts";
import { noSuchResource, notFound } from "./status.ts";

/** @returns The body of the answer: an object, or text for the few paths that answer in text. Throws `ApiError`. */
export async function handle(cluster: Cluster, request: ApiRequest): Promise<unknown> {
  const parts = pathParts(request.path);
  const get = request.method === "GET";
  const [first, second, third, fourth, fifth, sixth] = parts;
  if (get && parts.length === 1 && first === "version") return version(cluster);
  if (get && parts.length === 1 && ["readyz", "livez", "healthz"].includes(first!)) return "ok";
  if (first === "api" && second === "v1") {
    if (third === "nodes" && parts.length <= 4) return nodes(cluster, request, fourth);
    if (get && third === "namespaces" && parts.length === 4) return namespaceView(cluster, fourth!);
    if (get && third === "namespaces" && fifth === "secrets" && parts.length === 5)
      return listOf(
        cluster,
        "v1",
        "Secret",
        releaseSecrets(cluster, fourth!).filter(selected(request.query)),
      );
    if (get && third === "pods" && parts.length === 3) return pods(cluster, request);
    if (get && third === "namespaces" && fifth === "pods" && parts.length <= 6)
      return pods(cluster, request, fourth, sixth);
  }
  const known = /^\/apis\/batch\/v1\/namespaces\/([^/]+)\/jobs\/([^/]+)\/?$/.exec(request.path);
  if (known) return job(cluster, known[1]!, known[2]!, request);
  const longhorn = /^\/apis\/longhorn\.io\/v1beta2\/namespaces\/([^/]+)\/([^/]+)(?:\/([^/]+))?\/?$/.exec(
    request.path,
  );
  if (get && longhorn) return customResources(cluster, longhorn[1]!, longhorn[2]!, longhorn[3]);
  if (longhorn?.[2] === "nodes" && longhorn[3] !== undefined && ["PATCH", "DELETE"].includes(request.method))
    return changeLonghornNode(cluster, longhorn[1]!, longhorn[3], request);
  throw noSuchResource();
}

function version({ state }: Cluster): Record<string, string> {
  const { major, minor } = numbersOf(state.kubernetesVersion);
  return {
    major: String(major),
    minor: String(minor),
    gitVersion: `v${state.kubernetesVersion}`,
    gitTreeState: "clean",
    compiler: "gc",
    platform: "linux/amd64",
  };
}

async function nodes(cluster: Cluster, request: ApiRequest, name?: string): Promise<unknown> {
  const all = Object.values(cluster.state.nodes).sort((a, b) => (a.name < b.name ? -1 : 1));
  if (name === undefined) {
    if (request.method !== "GET") throw noSuchResource();
    const items = all.map((node) => nodeView(cluster, node)).filter(selected(request.query));
    return listOf(cluster, "v1", "Node", items);
  }
  const node = all.find((each) => each.name === name);
  if (!node) throw notFound("", "nodes", name);
  switch (request.method) {
    case "GET":
      return nodeView(cluster, node);
    case "PATCH":
      return patch(cluster, node, request);
    case "DELETE":
      await cluster.world.clock.sleep(DURATIONS.apiCall);
      await deleteNode(cluster, name);
      cluster.world.note({ kind: "object-deleted", subject: name, text: `Node ${name} is deleted` });
      return {
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Success",
        details: { name, kind: "nodes" },
      };
    default:
      throw noSuchResource();
  }
}

async function patch(cluster: Cluster, node: KubernetesNode, request: ApiRequest): Promise<ApiObject> {
  const closed = unschedulableIn(request);
  await cluster.world.clock.sleep(DURATIONS.apiCall);
  if (closed !== undefined) setUnschedulable(cluster, node.name, closed);
  return nodeView(cluster, node);
}

function pods(cluster: Cluster, { query }: ApiRequest, namespace?: string, name?: string): unknown {
  const found = podViews(cluster).filter(
    ({ metadata }) => namespace === undefined || metadata.namespace === namespace,
  );
  if (name === undefined) return listOf(cluster, "v1", "Pod", found.filter(selected(query)));
  const one = found.find(({ metadata }) => metadata.name === name);
  if (!one) throw notFound("", "pods", name);
  return one;
}

function customResources(cluster: Cluster, namespace: string, resource: string, name?: string): unknown {
  const { longhorn } = cluster.state;
  const known = Object.hasOwn(LONGHORN_RESOURCES, resource) ? LONGHORN_RESOURCES[resource] : undefined;
  if (!longhorn || !known) throw noSuchResource();
  const items = namespace === longhorn.namespace ? known.all(cluster, longhorn) : [];
  if (name === undefined) return listOf(cluster, LONGHORN_VERSION, known.kind, items);
  const one = items.find(({ metadata }) => metadata.name === name);
  if (!one) throw notFound("longhorn.io", resource, name);
  return one;
}

/** Field and label selectors of equality, the only ones that these resources are asked by. */
function selected(query: URLSearchParams): (object: ApiObject) => boolean {
  const fields = terms(query.get("fieldSelector"));
  const labels = terms(query.get("labelSelector"));
  return (object) =>
    fields.every(([path, value]) => textOf(valueAt(object, path)) === value) &&
    labels.every(([key, value]) => (object.metadata["labels"] as Record<string, string>)[key] === value);
}

function terms(selector: string | null): [string, string][] {
  return (selector ?? "")
    .split(",")
    .filter(Boolean)
    .map((term) => {
      const [key = "", value = ""] = term.split(/==?/, 2);
      return [key.trim(), value.trim()];
    });
}

function valueAt(object: ApiObject, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);
}
