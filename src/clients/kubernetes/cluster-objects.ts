/** The objects of the living cluster that hooks look at and change, by the official client. */
import type {
  ApiException,
  BatchV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubernetesObject,
} from "@kubernetes/client-node";
import { poll, wallClock } from "../../observe/poll.ts";
import { lastWords, podTroubles, recordSelector } from "./release-record.ts";

type PatchOptions = Parameters<CoreV1Api["patchNode"]>[1];

export interface Apis {
  core: CoreV1Api;
  batch: BatchV1Api;
  custom: CustomObjectsApi;
  /** Makes a patch a merge patch. */
  merge: PatchOptions;
}

export interface ObjectName {
  kind: "Namespace" | "Job";
  name: string;
  namespace?: string;
}

/** Of Longhorn's own Node: whether it gets new copies, and whether those it has are to leave. */
export interface CopiesWanted {
  allowScheduling: boolean;
  evictionRequested: boolean;
}

/** Seconds that a deleted Job may take to be gone with its pods. */
const DELETION = 120;
const NOT_FOUND = 404;
const LONGHORN = { group: "longhorn.io", version: "v1beta2", namespace: "longhorn-system" };
const LONGHORN_NODES = { ...LONGHORN, plural: "nodes" };

/** Each call rejects with one line, safe to show. */
export class ClusterObjects {
  readonly #apis: Apis;

  constructor(apis: Apis) {
    this.#apis = apis;
  }

  /** The labels of an object, or undefined where there is none. */
  async labels({ kind, name, namespace = "" }: ObjectName): Promise<Record<string, string> | undefined> {
    const found = await orNothing<KubernetesObject>(
      kind === "Namespace"
        ? this.#apis.core.readNamespace({ name })
        : this.#apis.batch.readNamespacedJob({ name, namespace }),
    );
    return found && (found.metadata?.labels ?? {});
  }

  /** Resolves when the Job and its pods are gone. */
  async deleteJob(namespace: string, name: string): Promise<void> {
    await orNothing(
      this.#apis.batch.deleteNamespacedJob({ name, namespace, propagationPolicy: "Foreground" }),
    );
    await poll(
      async () => {
        const left = await this.labels({ kind: "Job", namespace, name });
        return left ? { waiting: [`the Job ${namespace}/${name} is being deleted`] } : { done: undefined };
      },
      { seconds: DELETION, clock: wallClock },
    );
  }

  /** Why Helm's last operation on a release did not come to a good end: its words, then what keeps pods from starting. */
  async releaseTroubles(namespace: string, name: string): Promise<string[]> {
    const [secrets, pods] = await Promise.all([
      shortenErrors(this.#apis.core.listNamespacedSecret({ namespace, labelSelector: recordSelector(name) })),
      shortenErrors(this.#apis.core.listNamespacedPod({ namespace })),
    ]);
    const said = lastWords(secrets.items);
    return [...(said === undefined ? [] : [said]), ...podTroubles(pods.items)];
  }

  /** Takes a node out of Kubernetes; one that is gone already is gone. */
  async deleteNode(name: string): Promise<void> {
    await orNothing(this.#apis.core.deleteNode({ name }));
  }

  /** @returns False when Longhorn knows no such node. */
  async setCopiesWanted(node: string, wanted: CopiesWanted): Promise<boolean> {
    const request = { ...LONGHORN_NODES, name: node, body: { spec: wanted } };
    const patched = await orNothing(
      this.#apis.custom.patchNamespacedCustomObject(request, this.#apis.merge) as Promise<object>,
    );
    return patched !== undefined;
  }

  /** All of a kind of Longhorn's; none where it is not installed. */
  async longhorn<T>(plural: "nodes" | "replicas" | "settings" | "volumes"): Promise<T[]> {
    const listed = await orNothing(
      this.#apis.custom.listNamespacedCustomObject({ ...LONGHORN, plural }) as Promise<{ items: T[] }>,
    );
    return listed?.items ?? [];
  }

  /** Whether Longhorn knows the node. */
  async knownToLonghorn(node: string): Promise<boolean> {
    const request = { ...LONGHORN_NODES, name: node };
    const found = await orNothing(this.#apis.custom.getNamespacedCustomObject(request) as Promise<object>);
    return found !== undefined;
  }

  /** Longhorn refuses it while the node is in Kubernetes, or holds anything. */
  async deleteLonghornNode(node: string): Promise<void> {
    const request = { ...LONGHORN_NODES, name: node };
    await orNothing(this.#apis.custom.deleteNamespacedCustomObject(request) as Promise<object>);
  }
}

async function orNothing<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await shortenErrors(request);
  } catch (error) {
    if ((error as { code?: number }).code === NOT_FOUND) return undefined;
    throw error;
  }
}

/** The client's own errors hold headers and bodies; one line is enough, and safe to show. */
export async function shortenErrors<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    const { code, message } = error as Partial<ApiException<unknown>> & Error;
    if (typeof code !== "number")
      throw new Error((message.split("\n")[0] ?? "").slice(0, 300), { cause: error });
    throw Object.assign(new Error(`HTTP ${code}`, { cause: error }), { code });
  }
}
