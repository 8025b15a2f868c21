/** The official client against an API on loopback. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { KubernetesReader } from "../../../../src/clients/kubernetes/reader.ts";
import { KubernetesApi, nodeObject } from "../../../components/support/kubernetes-api.ts";

let api: KubernetesApi;
beforeEach(async () => (api = await KubernetesApi.start()));
afterEach(() => api.stop());

const RUNS = { talosVersion: "v1.12.0", schematicId: "613e", kubeletVersion: "v1.35.0" };

describe("nodes", () => {
  test("as Talos and the kubelet describe them", async () => {
    const cordoned = nodeObject("b", RUNS);
    cordoned.spec = { unschedulable: true };
    cordoned.metadata!.annotations = { "talos.dev/cordoned": "true" };
    cordoned.status!.conditions = [{ type: "Ready", status: "Unknown" }];
    api.nodes = [nodeObject("a", RUNS), cordoned];
    const reader = await KubernetesReader.connect(api.kubeconfig());
    expect(await reader.nodes()).toEqual([
      {
        name: "a",
        ready: true,
        cordoned: false,
        cordonedByTalos: false,
        osImage: "Talos (v1.12.0)",
        schematicId: "613e",
        kubeletVersion: "v1.35.0",
      },
      {
        name: "b",
        ready: false,
        cordoned: true,
        cordonedByTalos: true,
        osImage: "Talos (v1.12.0)",
        schematicId: undefined,
        kubeletVersion: "v1.35.0",
      },
    ]);
  });

  test("are opened by a merge that takes Talos's mark away", async () => {
    api.nodes = [nodeObject("a", RUNS)];
    await (await KubernetesReader.connect(api.kubeconfig())).uncordon("a");
    expect(api.asked).toEqual([
      {
        method: "PATCH",
        path: "/api/v1/nodes/a",
        contentType: "application/merge-patch+json",
        body: JSON.stringify({
          metadata: { annotations: { "talos.dev/cordoned": null } },
          spec: { unschedulable: null },
        }),
      },
    ]);
  });
});

describe("storage", () => {
  test("volumes and replicas, healthy by Longhorn's own rule", async () => {
    const replica = (spec: object, metadata = {}) => ({
      metadata,
      spec: { volumeName: "pvc-1", nodeID: "a", healthyAt: "2026-01-01T00:00:00Z", failedAt: "", ...spec },
    });
    api.longhorn = {
      volumes: [
        {
          metadata: { name: "pvc-1" },
          spec: { numberOfReplicas: 2 },
          status: {
            state: "attached",
            robustness: "healthy",
            kubernetesStatus: { namespace: "traefik", pvcName: "acme" },
          },
        },
        { metadata: { name: "pvc-2" }, spec: { numberOfReplicas: 1 }, status: { state: "detached" } },
      ],
      replicas: [
        replica({}),
        replica({ nodeID: "b", failedAt: "2026-01-02T00:00:00Z" }),
        replica({ nodeID: "c", healthyAt: "" }),
        replica({ nodeID: "d" }, { deletionTimestamp: "2026-01-02T00:00:00Z" }),
      ],
    };
    const reader = await KubernetesReader.connect(api.kubeconfig());
    expect(await reader.storage()).toEqual({
      volumes: [
        { name: "pvc-1", claim: "traefik/acme", state: "attached", robustness: "healthy", copies: 2 },
        { name: "pvc-2", claim: undefined, state: "detached", robustness: "unknown", copies: 1 },
      ],
      replicas: [
        { volume: "pvc-1", node: "a", healthy: true },
        { volume: "pvc-1", node: "b", healthy: false },
        { volume: "pvc-1", node: "c", healthy: false },
        { volume: "pvc-1", node: "d", healthy: false },
      ],
    });
  });

  test("is empty where Longhorn is not installed", async () => {
    const reader = await KubernetesReader.connect(api.kubeconfig());
    expect(await reader.storage()).toEqual({ volumes: [], replicas: [] });
  });
});

describe("an API that refuses or is away", () => {
  test("is told by its status alone: its words may hold anything", async () => {
    api.status = 401;
    const reader = await KubernetesReader.connect(api.kubeconfig());
    await expect(reader.nodes()).rejects.toThrow(/^HTTP 401$/);
    await expect(reader.storage()).rejects.toThrow(/^HTTP 401$/);
  });

  test("is told in one line", async () => {
    const reader = await KubernetesReader.connect(api.kubeconfig("http://127.0.0.1:1"));
    const error: unknown = await reader.nodes().catch((reason: unknown) => reason);
    expect((error as Error).message).toMatch(/^[^\n]*ECONNREFUSED 127\.0\.0\.1:1[^\n]*$/);
  });
});

test("is reached elsewhere than the kubeconfig says, for those behind a tunnel", async () => {
  api.nodes = [nodeObject("a", RUNS)];
  const reader = await KubernetesReader.connect(api.kubeconfig("http://192.0.2.1:6443"), `${api.url}/`);
  expect(await reader.nodes()).toHaveLength(1);
});

test("needs a kubeconfig that names a cluster", async () => {
  await expect(KubernetesReader.connect("apiVersion: v1\nkind: Config\n")).rejects.toThrow();
});
