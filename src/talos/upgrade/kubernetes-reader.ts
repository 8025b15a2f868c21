/**
 * The few reads of Kubernetes that an upgrade needs, by the official client. It is imported only when a hook runs: its
 * import alone takes half a second, and a preview asks Kubernetes nothing.
 */
import type { ApiException, CoreV1Api, CustomObjectsApi } from "@kubernetes/client-node";
import {
  CORDONED_BY_TALOS,
  kubernetesNode,
  storageReplica,
  storageVolume,
  type NodeObject,
  type ReplicaObject,
  type VolumeObject,
} from "./kubernetes-objects.ts";
import type { KubernetesNode, Storage } from "./picture.ts";

/** Milliseconds for one request; the client itself waits for ever. */
const PATIENCE = 15_000;
const LONGHORN = { group: "longhorn.io", version: "v1beta2", namespace: "longhorn-system" };
const NOT_FOUND = 404;

export class KubernetesReader {
  readonly #core: CoreV1Api;
  readonly #custom: CustomObjectsApi;
  readonly #patch: Parameters<CoreV1Api["patchNode"]>[1];

  private constructor(
    core: CoreV1Api,
    custom: CustomObjectsApi,
    patch: Parameters<CoreV1Api["patchNode"]>[1],
  ) {
    this.#core = core;
    this.#custom = custom;
    this.#patch = patch;
  }

  /** @param server URL in place of the kubeconfig's own. */
  static async connect(kubeconfig: string, server?: string): Promise<KubernetesReader> {
    const k8s = await import("@kubernetes/client-node");
    const config = new k8s.KubeConfig();
    config.loadFromString(kubeconfig);
    const cluster = config.getCurrentCluster();
    if (!cluster) throw new Error("the kubeconfig that Talos gave names no cluster");
    const client = k8s.createConfiguration({
      baseServer: new k8s.ServerConfiguration((server ?? cluster.server).replace(/\/$/, ""), {}),
      authMethods: { default: config },
      promiseMiddleware: [
        {
          pre: (request) => {
            request.setSignal(AbortSignal.timeout(PATIENCE));
            return Promise.resolve(request);
          },
          post: (response) => Promise.resolve(response),
        },
      ],
    });
    return new KubernetesReader(
      new k8s.CoreV1Api(client),
      new k8s.CustomObjectsApi(client),
      k8s.setHeaderOptions("Content-Type", k8s.PatchStrategy.MergePatch),
    );
  }

  async nodes(): Promise<KubernetesNode[]> {
    const { items } = await told(this.#core.listNode());
    return items.map((item) => kubernetesNode(item as NodeObject));
  }

  /** Nothing where Longhorn is not installed: its kinds are unknown to the API then. */
  async storage(): Promise<Storage> {
    const [volumes, replicas] = await Promise.all([
      this.#longhorn<VolumeObject>("volumes"),
      this.#longhorn<ReplicaObject>("replicas"),
    ]);
    return { volumes: volumes.map(storageVolume), replicas: replicas.map(storageReplica) };
  }

  /** Opens a node again, and takes Talos's mark of the cordon away with it. */
  async uncordon(name: string): Promise<void> {
    const body = {
      metadata: { annotations: { [CORDONED_BY_TALOS]: null } },
      spec: { unschedulable: null },
    };
    await told(this.#core.patchNode({ name, body }, this.#patch));
  }

  async #longhorn<T>(plural: string): Promise<T[]> {
    try {
      const list = (await told(this.#custom.listNamespacedCustomObject({ ...LONGHORN, plural }))) as {
        items: T[];
      };
      return list.items;
    } catch (error) {
      if ((error as { code?: number }).code === NOT_FOUND) return [];
      throw error;
    }
  }
}

/** The client's own errors hold headers and bodies; one line is enough, and safe to show. */
async function told<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    const { code, message } = error as Partial<ApiException<unknown>> & Error;
    if (typeof code !== "number")
      throw new Error((message.split("\n")[0] ?? "").slice(0, 300), { cause: error });
    throw Object.assign(new Error(`HTTP ${code}`, { cause: error }), { code });
  }
}
