/** The hooks, run as the engine would run them after the program has registered everything. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { lab, rack } from "./support/homelabs.ts";
import { called, DISKS, HEALTH, hook, KUBECONFIG } from "./support/hooks.ts";
import { KubernetesApi, nodeObject } from "./support/kubernetes-api.ts";
import { CLIENT_CONFIGURATION, providerError, SCHEMATIC_ID } from "./support/mock-answers.ts";
import { runHomelab } from "./support/run-homelab.ts";

let api: KubernetesApi;
beforeEach(async () => {
  api = await KubernetesApi.start();
  api.nodes = lab().nodes.map(({ name }) =>
    nodeObject(name, { talosVersion: "v1.12.0", schematicId: SCHEMATIC_ID, kubeletVersion: "v1.35.0" }),
  );
});
afterEach(() => api.stop());

/** A healthy cluster with a Kubernetes API. */
function healthy() {
  return { health: () => {}, kubeconfig: () => api.kubeconfig() };
}

/** The first look imports a whole Kubernetes client. */
const PATIENCE = { timeout: 20_000 };

/** Long enough for a turn that nothing stands in the way of. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe("while the program registers", () => {
  test.each([false, true])("nothing asks a node or the cluster (preview: %s)", async (preview) => {
    const run = await runHomelab(lab(), { preview });
    expect(called(run, DISKS)).toEqual([]);
    expect(called(run, HEALTH)).toEqual([]);
    expect(new Set(run.calls.map((call) => call.token))).toEqual(
      new Set([
        "talos:machine/getConfiguration:getConfiguration",
        "talos:client/getConfiguration:getConfiguration",
      ]),
    );
  });
});

describe("updates of configs", () => {
  const config = (node: string) => `rack-talos-${node}-config`;

  test("pass one after the other, the cluster's health asked between two of them", async () => {
    const run = await runHomelab(rack(), { answers: healthy() });
    const log: string[] = [];
    const begun = ["cp-1", "cp-2", "worker-1"].map((node) =>
      hook(run, config(node), "beforeUpdate").then(() => log.push(node)),
    );
    await vi.waitFor(() => expect(log).toEqual(["cp-1"]), PATIENCE);
    await settle();
    expect(log).toEqual(["cp-1"]);
    expect(called(run, HEALTH)).toEqual([]);

    await hook(run, config("cp-1"), "afterUpdate");
    await vi.waitFor(() => expect(log).toEqual(["cp-1", "cp-2"]), PATIENCE);
    expect(called(run, HEALTH).map((call) => call.inputs)).toEqual([
      {
        clientConfiguration: CLIENT_CONFIGURATION,
        endpoints: ["10.20.0.11", "10.20.0.12", "10.20.0.13"],
        controlPlaneNodes: ["10.20.0.11", "10.20.0.12", "10.20.0.13"],
        workerNodes: ["10.20.0.21", "10.20.0.22", "10.20.0.23"],
        timeouts: { read: "15m" },
      },
    ]);

    await hook(run, config("cp-2"), "afterUpdate");
    await Promise.all(begun);
    expect(log).toEqual(["cp-1", "cp-2", "worker-1"]);
    expect(called(run, HEALTH)).toHaveLength(2);
    expect(called(run, DISKS)).toEqual([]);
  });

  test("stop after one that failed, and the failure is not tried again", async () => {
    const run = await runHomelab(rack(), { answers: healthy() });
    await hook(run, config("cp-1"), "beforeUpdate");
    const waiting = hook(run, config("cp-2"), "beforeUpdate");
    expect(await hook(run, config("cp-1"), "onError", { failedOperation: "update" })).toBe(false);
    const reason = "cp-2 was left as it is, because the update of cp-1 failed";
    await expect(waiting).rejects.toThrow(new Error(reason));
  });

  test("wait between two of them until every volume is whole again", async () => {
    const run = await runHomelab(rack(), { answers: healthy() });
    const status = { state: "attached", robustness: "degraded" };
    api.longhorn = {
      volumes: [{ metadata: { name: "pvc-1" }, spec: { numberOfReplicas: 3 }, status }],
      replicas: [],
    };
    await hook(run, config("worker-1"), "beforeUpdate");
    await hook(run, config("worker-1"), "afterUpdate");
    const asked = () => api.asked.filter(({ path }) => path.endsWith("/volumes")).length;
    const before = asked();
    let passed = false;
    const next = hook(run, config("worker-2"), "beforeUpdate").then(() => (passed = true));
    await vi.waitFor(() => expect(asked()).toBeGreaterThan(before + 1));
    expect(passed).toBe(false);
    status.robustness = "healthy";
    await next;
  });

  test("are not stopped by a failed creation or deletion", async () => {
    const run = await runHomelab(rack(), { answers: { health: () => {} } });
    for (const failedOperation of ["create", "delete"]) {
      expect(await hook(run, config("worker-3"), "onError", { failedOperation })).toBe(false);
    }
    await expect(hook(run, config("cp-1"), "beforeUpdate")).resolves.toBeUndefined();
  });

  test("stop while the cluster is not healthy", async () => {
    const health = () => {
      throw providerError("etcd has 1 of 3 members");
    };
    const run = await runHomelab(rack(), { answers: { health } });
    await hook(run, config("cp-1"), "beforeUpdate");
    await hook(run, config("cp-1"), "afterUpdate");
    await expect(hook(run, config("cp-2"), "beforeUpdate")).rejects.toThrow("etcd has 1 of 3 members");
    await expect(hook(run, config("cp-3"), "beforeUpdate")).rejects.toThrow(
      "cp-3 was left as it is, because the cluster was not healthy after the update of cp-1",
    );
  });
});

describe("the cluster is ready", () => {
  test.each(["beforeCreate", "beforeUpdate"] as const)(
    "once it is healthy, and every node runs what it should (%s)",
    async (kind) => {
      const run = await runHomelab(lab(), {
        answers: { health: () => {}, kubeconfig: () => api.kubeconfig() },
      });
      await hook(run, "lab-talos-ready", kind, { oldInputs: {}, newInputs: { input: { configs: {} } } });
      expect(called(run, HEALTH).map((call) => call.inputs)).toEqual([
        {
          clientConfiguration: CLIENT_CONFIGURATION,
          endpoints: ["192.168.1.126"],
          controlPlaneNodes: ["192.168.1.126"],
          workerNodes: ["192.168.1.127"],
          timeouts: { read: "15m" },
        },
      ]);
      expect(called(run, KUBECONFIG).map((call) => call.inputs)).toEqual([
        {
          clientConfiguration: CLIENT_CONFIGURATION,
          node: "192.168.1.126",
          endpoint: "192.168.1.126",
          timeouts: { read: "20s" },
        },
      ]);
      expect(api.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
        "GET /api/v1/nodes",
        "GET /api/v1/nodes",
      ]);
      expect(called(run, DISKS)).toEqual([]);
    },
  );

  test("and not before", async () => {
    const health = () => {
      throw providerError("the API does not answer");
    };
    const run = await runHomelab(lab(), { answers: { health } });
    await expect(hook(run, "lab-talos-ready", "beforeCreate")).rejects.toThrow("the API does not answer");
  });

  test("without a look where a node only goes: it is still there by then, expected by nobody", async () => {
    const run = await runHomelab(lab());
    const versions = { installerImage: "i", kubernetesVersion: "1.35.0" };
    await hook(run, "lab-talos-ready", "beforeUpdate", {
      oldInputs: { input: { configs: { "cp-1": "a", gone: "b" }, ...versions } },
      newInputs: { input: { configs: { "cp-1": "a" }, ...versions } },
    });
    expect(run.calls.map(({ token }) => token)).not.toContain(HEALTH);
  });
});
