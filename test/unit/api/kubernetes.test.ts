import { connect } from "node:net";
import {
  CoreV1Api,
  CustomObjectsApi,
  PatchStrategy,
  setHeaderOptions,
  VersionApi,
} from "@kubernetes/client-node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FaultInjector } from "../../../rehearsal/faults/injector.ts";
import { installRelease } from "../../../rehearsal/world/kubernetes/helm/releases.ts";
import { createVolume, attachVolume } from "../../../rehearsal/world/longhorn/volumes/volumes.ts";
import { GIB, LONGHORN, LONGHORN_VALUES, privileged } from "../../support/world/fake-cluster.ts";
import type { Lab } from "../../support/world/lab.ts";
import { newSecrets } from "../../support/world/world.ts";
import { bringUp, serveLab, type ServedLab } from "../../support/world/served-lab.ts";

let served: ServedLab;
let lab: Lab;

beforeEach(async () => {
  served = await serveLab();
  lab = served.lab;
});
afterEach(() => served.server.close());

const cluster = () => served.cluster();
const client = (secrets?: Lab["secrets"]) => served.client(secrets);

describe("before there is a cluster", () => {
  test("the connection is reset", async () => {
    const socket = connect(served.server.port, "127.0.0.1");
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => socket.on("error", resolve));
    expect(error.code).toBe("ECONNRESET");
  });
});

describe("a running cluster, asked by the official client", () => {
  beforeEach(() => bringUp(served));

  test("shows its version and its nodes as they are", async () => {
    const config = await client();
    expect(await config.makeApiClient(VersionApi).getCode()).toMatchObject({
      gitVersion: "v1.35.0",
      minor: "35",
    });
    const { items } = await config.makeApiClient(CoreV1Api).listNode();
    expect(items.map(({ metadata }) => metadata?.name)).toEqual(["cp-1", "worker-1"]);
    const worker = items[1]!;
    expect(worker.status?.nodeInfo).toMatchObject({
      osImage: "Talos (v1.12.0)",
      kubeletVersion: "v1.35.0",
      bootID: lab.world.state.machines[127]!.bootId,
    });
    expect(worker.metadata?.annotations?.["extensions.talos.dev/schematic"]).toBe(
      lab.world.state.machines[127]!.image.schematicId,
    );
    expect(worker.status?.conditions?.find(({ type }) => type === "Ready")?.status).toBe("True");
    expect(items[0]?.metadata?.labels).toHaveProperty(["node-role.kubernetes.io/control-plane"], "");
  });

  test("finds what is there, and has a Status for what is not", async () => {
    const core = (await client()).makeApiClient(CoreV1Api);
    await expect(core.readNode({ name: "worker-2" })).rejects.toMatchObject({
      code: 404,
      body: expect.stringContaining('nodes \\"worker-2\\" not found') as string,
    });
    await expect(core.listConfigMapForAllNamespaces()).rejects.toMatchObject({
      code: 404,
      body: expect.stringContaining("the server could not find the requested resource") as string,
    });
  });

  test("closes and opens a node, in each form of a patch", async () => {
    const core = (await client()).makeApiClient(CoreV1Api);
    const patch = (body: unknown, type: PatchStrategy) =>
      core.patchNode({ name: "worker-1", body }, setHeaderOptions("Content-Type", type));
    const closed = await patch({ spec: { unschedulable: true } }, PatchStrategy.MergePatch);
    expect(closed.spec?.unschedulable).toBe(true);
    expect(closed.spec?.taints?.map(({ key }) => key)).toContain("node.kubernetes.io/unschedulable");
    const opened = await patch(
      [{ op: "replace", path: "/spec/unschedulable", value: false }],
      PatchStrategy.JsonPatch,
    );
    expect(opened.spec?.unschedulable).toBeUndefined();
    await patch({ spec: { unschedulable: true } }, PatchStrategy.StrategicMergePatch);
    expect((await core.readNode({ name: "worker-1" })).spec?.unschedulable).toBe(true);
    expect(lab.texts("node-cordoned")).toHaveLength(2);
    await expect(patch({ spec: { podCIDR: "10.0.0.0/8" } }, PatchStrategy.MergePatch)).rejects.toMatchObject({
      code: 422,
    });
  });

  test("lists the pods of a node, static ones as the node's own", async () => {
    const core = (await client()).makeApiClient(CoreV1Api);
    const { items } = await core.listPodForAllNamespaces({ fieldSelector: "spec.nodeName=cp-1" });
    const server = items.find(({ metadata }) => metadata?.name === "kube-apiserver-cp-1");
    expect(server?.metadata?.ownerReferences?.[0]?.kind).toBe("Node");
    expect(server?.spec?.containers[0]?.image).toBe("registry.k8s.io/kube-apiserver:v1.35.0");
    expect(items.every(({ spec }) => spec?.nodeName === "cp-1")).toBe(true);
    expect((await core.listNamespacedPod({ namespace: "traefik" })).items).toEqual([]);
  });

  test("shows Longhorn's resources once it is installed, in their own shapes", async () => {
    const objects = (await client()).makeApiClient(CustomObjectsApi);
    const list = async (plural: string) =>
      (await objects.listNamespacedCustomObject({
        group: "longhorn.io",
        version: "v1beta2",
        namespace: "longhorn-system",
        plural,
      })) as { items: { metadata: { name: string }; spec: never; status: never; value?: string }[] };
    await expect(list("volumes")).rejects.toMatchObject({ code: 404 });

    privileged(cluster(), "longhorn-system");
    await installRelease(cluster(), { ...LONGHORN, values: LONGHORN_VALUES });
    const { name } = await createVolume(cluster(), { claim: "traefik/data", sizeBytes: GIB });
    expect((await list("volumes")).items[0]).toMatchObject({
      status: { state: "detached", robustness: "unknown" },
    });
    await attachVolume(cluster(), name, "worker-1");
    const [volume] = (await list("volumes")).items;
    expect(volume).toMatchObject({
      spec: { numberOfReplicas: 2, size: String(GIB) },
      status: {
        state: "attached",
        robustness: "healthy",
        currentNodeID: "worker-1",
        kubernetesStatus: { namespace: "traefik", pvcName: "data" },
      },
    });
    const replicas = (await list("replicas")).items;
    expect(replicas.map(({ spec }) => (spec as { nodeID: string }).nodeID).sort()).toEqual([
      "cp-1",
      "worker-1",
    ]);
    expect(replicas[0]).toMatchObject({ spec: { failedAt: "" }, status: { currentState: "running" } });
    expect((await list("engines")).items[0]?.status).toMatchObject({ currentState: "running" });
    expect((await list("nodes")).items).toHaveLength(2);
    const policy = (await list("settings")).items.find(
      ({ metadata }) => metadata.name === "node-drain-policy",
    );
    expect(policy?.value).toBe("block-if-contains-last-replica");
  });

  test("a node that has just gone down is still called Ready, until it has been silent for 50 s", async () => {
    const core = (await client()).makeApiClient(CoreV1Api);
    await lab.world.exclusive((held) => held.systems.workloads.stopped(held, 127, "it is told to"));
    await lab.stop(127);
    const ready = async () =>
      (await core.readNode({ name: "worker-1" })).status?.conditions?.find(({ type }) => type === "Ready")
        ?.status;
    expect(await ready()).toBe("True");
    await lab.clock.sleep(51);
    expect(await ready()).toBe("Unknown");
  });

  test("an open connection breaks when the only control plane goes down", async () => {
    const core = (await client()).makeApiClient(CoreV1Api);
    await core.listNode();
    await lab.stop(126);
    await expect(core.listNode()).rejects.toThrow();
  });

  test("a client of another cluster is not let in, and does not trust this one", async () => {
    const strangers = await newSecrets();
    const foreign = await client(strangers);
    await expect(foreign.makeApiClient(CoreV1Api).listNode()).rejects.toThrow(/certificate/);
    const trusting = await client(strangers);
    trusting.clusters = [{ ...trusting.clusters[0]!, caData: (await client()).clusters[0]!.caData! }];
    await expect(trusting.makeApiClient(CoreV1Api).listNode()).rejects.toMatchObject({ code: 401 });
  });

  test("an etcd without quorum is told after a while, as long as the API server itself answers", async () => {
    const core = (await client()).makeApiClient(CoreV1Api);
    cluster().state.etcd["lost"] = { vmId: 0, joinedAt: 0, name: "cp-2" };
    const before = lab.clock.now();
    await expect(core.listNode()).rejects.toMatchObject({
      code: 500,
      body: expect.stringContaining("etcdserver: request timed out") as string,
    });
    expect(lab.clock.now() - before).toBeGreaterThanOrEqual(7);
  });

  test("deletes a node, whose pods go with it", async () => {
    const core = (await client()).makeApiClient(CoreV1Api);
    await core.deleteNode({ name: "worker-1" });
    expect((await core.listNode()).items.map(({ metadata }) => metadata?.name)).toEqual(["cp-1"]);
    await expect(core.deleteNode({ name: "worker-1" })).rejects.toMatchObject({ code: 404 });
  });
});

describe("faults", () => {
  test("are put into requests by their keys", async () => {
    const faults = [
      { at: "kubernetes GET /api/v1/nodes/cp-1", kind: "fail" as const, times: 1 },
      { at: "kubernetes PATCH /api/v1/nodes/cp-1", kind: "lose-reply" as const, times: 1 },
      { at: "kubernetes GET /version", kind: "hang" as const, times: 1 },
    ];
    const injector = new FaultInjector({ faults });
    const disturbed = await serveLab(injector.intercept);
    try {
      await bringUp(disturbed);
      const config = await disturbed.client();
      const core = config.makeApiClient(CoreV1Api);
      await expect(core.readNode({ name: "cp-1" })).rejects.toMatchObject({ code: 500 });
      await expect(config.makeApiClient(VersionApi).getCode()).rejects.toMatchObject({ code: 504 });
      const patch = { name: "cp-1", body: { spec: { unschedulable: true } } };
      const headers = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
      await expect(core.patchNode(patch, headers)).rejects.toThrow();
      expect((await core.readNode({ name: "cp-1" })).spec?.unschedulable).toBe(true);
      expect(injector.injected).toHaveLength(3);
    } finally {
      await disturbed.server.close();
    }
  });
});
