/**
 * The few reads of Kubernetes that an upgrade needs, by the official client. It is imported only when a hook runs: its
 * import alone takes half a second, and a preview asks Kubernetes nothing.
 */
import type { CoreV1Api } from "@kubernetes/client-node";
import { ClusterObjects, shortenErrors, type Apis } from "./cluster-objects.ts";
import {
  CORDONED_BY_TALOS,
  kubernetesNode,
  storageReplica,
  storageVolume,
  type NodeObject,
  type ReplicaObject,
  type VolumeObject,
} from "./objects.ts";
import type { KubernetesNode, Storage } from "../../observe/picture.ts";

/** Milliseconds for one request; the client itself waits for ever. */
const PATIENCE = 15_000;

export class KubernetesReader {
  readonly #core: CoreV1Api;
  readonly #merge: Apis["merge"];
  /** What is looked at and changed besides. */
  readonly objects: ClusterObjects;

  private constructor(apis: Apis) {
    this.#core = apis.core;
    this.#merge = apis.merge;
    this.objects = new ClusterObjects(apis);
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
    return new KubernetesReader({
      core: new k8s.CoreV1Api(client),
      batch: new k8s.BatchV1Api(client),
      custom: new k8s.CustomObjectsApi(client),
      merge: k8s.setHeaderOptions("Content-Type", k8s.PatchStrategy.MergePatch),
    });
  }

  async nodes(): Promise<KubernetesNode[]> {
    const { items } = await shortenErrors(this.#core.listNode());
    return items.map((item) => kubernetesNode(item as NodeObject));
  }

  /** Nothing where Longhorn is not installed: its kinds are unknown to the API then. */
  async storage(): Promise<Storage> {
    const [volumes, replicas] = await Promise.all([
      this.objects.longhorn<VolumeObject>("volumes"),
      this.objects.longhorn<ReplicaObject>("replicas"),
    ]);
    return { volumes: volumes.map(storageVolume), replicas: replicas.map(storageReplica) };
  }

  /** Opens a node again, and takes Talos's mark of the cordon away with it. */
  async uncordon(name: string): Promise<void> {
    const body = {
      metadata: { annotations: { [CORDONED_BY_TALOS]: null } },
      spec: { unschedulable: null },
    };
    await shortenErrors(this.#core.patchNode({ name, body }, this.#merge));
  }
}
