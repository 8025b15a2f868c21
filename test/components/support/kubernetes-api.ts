/** A Kubernetes API on loopback with the few lists that hooks read: plain HTTP, for a kubeconfig of its own. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { stringify } from "yaml";
import type { NodeObject, ReplicaObject, VolumeObject } from "../../../src/clients/kubernetes/objects.ts";

export interface Asked {
  method: string;
  path: string;
  contentType: string | undefined;
  body: string;
}

export class KubernetesApi {
  nodes: NodeObject[] = [];
  /** Undefined where Longhorn is not installed. */
  longhorn: { volumes: VolumeObject[]; replicas: ReplicaObject[] } | undefined;
  /** Objects by their path; a DELETE takes one away. */
  readonly objects: Record<string, Record<string, unknown>> = {};
  /** Another status in the place of every answer. */
  status: number | undefined;
  /** Requests so far. */
  readonly asked: Asked[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        const { method = "", url = "" } = request;
        this.asked.push({ method, path: url, contentType: request.headers["content-type"], body });
        const answer = this.status === undefined ? this.#answer(method, url) : undefined;
        response.writeHead(answer === undefined ? (this.status ?? 404) : 200, {
          "content-type": "application/json",
        });
        response.end(
          JSON.stringify(answer ?? { kind: "Status", message: "a secret that nobody may repeat" }),
        );
      });
    });
  }

  static async start(): Promise<KubernetesApi> {
    const api = new KubernetesApi();
    await new Promise<void>((resolve) => api.#server.listen(0, "127.0.0.1", resolve));
    return api;
  }

  #answer(method: string, url: string): unknown {
    const path = url.split("?", 1)[0]!;
    const object = this.objects[path];
    if (object && method === "DELETE") delete this.objects[path];
    if (object) return object;
    const longhorn = /^\/apis\/longhorn\.io\/v1beta2\/namespaces\/longhorn-system\/(volumes|replicas)$/.exec(
      url,
    );
    if (longhorn) return this.longhorn && { items: this.longhorn[longhorn[1] as "volumes" | "replicas"] };
    if (url === "/api/v1/nodes") return { items: this.nodes };
    const node = /^\/api\/v1\/nodes\/([^/]+)$/.exec(url)?.[1];
    return this.nodes.find(({ metadata }) => metadata?.name === node);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** As a control plane would give it, with a token in the place of certificates. */
  kubeconfig(server = this.url): string {
    return stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "test", cluster: { server, "insecure-skip-tls-verify": true } }],
      users: [{ name: "admin", user: { token: "the-kubernetes-token" } }],
      contexts: [{ name: "admin@test", context: { cluster: "test", user: "admin" } }],
      "current-context": "admin@test",
    });
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

/** A Ready node of Talos, as its kubelet and Talos describe it. */
export function nodeObject(
  name: string,
  {
    talosVersion,
    schematicId,
    kubeletVersion,
  }: { talosVersion: string; schematicId: string; kubeletVersion: string },
): NodeObject {
  return {
    metadata: { name, annotations: { "extensions.talos.dev/schematic": schematicId } },
    spec: {},
    status: {
      conditions: [{ type: "Ready", status: "True" }],
      nodeInfo: { osImage: `Talos (${talosVersion})`, kubeletVersion },
    },
  };
}

function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => resolve(body));
  });
}
