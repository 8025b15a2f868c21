/** What hooks ask of the living cluster and change in it, run as the engine would run them, against an API on loopback. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { leaveKubernetes } from "../../src/talos/kubernetes-nodes.ts";
import { lab } from "./support/homelabs.ts";
import { called, failure, hook, KUBECONFIG } from "./support/hooks.ts";
import { KubernetesApi } from "./support/kubernetes-api.ts";
import { runHomelab } from "./support/run-homelab.ts";

let api: KubernetesApi;
beforeEach(async () => {
  api = await KubernetesApi.start();
});
afterEach(() => api.stop());

const homelab = () => runHomelab(lab(), { answers: { kubeconfig: () => api.kubeconfig() } });
const asked = () => api.asked.map(({ method, path }) => `${method} ${path}`);
const JOB = "/apis/batch/v1/namespaces/longhorn-system/jobs/data-volume-cp-1";

describe("before a namespace is made", () => {
  const create = async () => hook(await homelab(), "lab-traefik-namespace", "beforeCreate");

  test("one that is not there may be made", async () => {
    await create();
    expect(asked()).toEqual(["GET /api/v1/namespaces/traefik"]);
  });

  test("one of ours may be taken over, a stranger's not", async () => {
    api.objects["/api/v1/namespaces/traefik"] = { metadata: { labels: { "homelab/cluster": "lab" } } };
    await create();
    api.objects["/api/v1/namespaces/traefik"] = { metadata: {} };
    expect(await failure(create())).toContain('The Namespace "traefik" exists already');
    expect(asked().every((each) => each.startsWith("GET"))).toBe(true);
  });

  test("an API that cannot be asked stops it with one line", async () => {
    api.status = 500;
    expect(await failure(create())).toBe("HTTP 500");
  });
});

describe("before a Job is made", () => {
  const create = async () => hook(await homelab(), "lab-longhorn-data-volume-cp-1", "beforeCreate");

  test("one of ours goes first, and its pods with it", async () => {
    api.objects[JOB] = { metadata: { labels: { "homelab/cluster": "lab" } } };
    await create();
    expect(asked()).toEqual([`GET ${JOB}`, `DELETE ${JOB}?propagationPolicy=Foreground`, `GET ${JOB}`]);
  });

  test("a stranger's stays", async () => {
    api.objects[JOB] = { metadata: { labels: { app: "backup" } } };
    expect(await failure(create())).toContain('The Job "data-volume-cp-1"');
    expect(asked()).toEqual([`GET ${JOB}`]);
  });
});

describe("retiring", () => {
  const NODE = "/apis/longhorn.io/v1beta2/namespaces/longhorn-system/nodes/worker-1";
  const change = async (kind: "beforeCreate" | "beforeUpdate", before: unknown, after: unknown) => {
    const run = await homelab();
    await hook(run, "lab-longhorn-retirement-worker-1", kind, {
      ...(before === undefined ? {} : { oldInputs: { input: before } }),
      newInputs: { input: after },
    });
    return run;
  };

  test("of a node that was never told of asks nobody", async () => {
    const run = await change("beforeCreate", undefined, { retiring: false });
    expect(called(run, KUBECONFIG)).toEqual([]);
  });

  test.each([
    [true, { allowScheduling: false, evictionRequested: true }],
    [false, { allowScheduling: true, evictionRequested: false }],
  ])("%s: Longhorn is told both in one patch", async (retiring, spec) => {
    api.objects[NODE] = {};
    await change("beforeUpdate", { retiring: !retiring }, { retiring });
    const [patch] = api.asked.filter(({ method }) => method === "PATCH");
    expect(patch).toMatchObject({ path: NODE, contentType: "application/merge-patch+json" });
    expect(JSON.parse(patch!.body)).toEqual({ spec });
  });

  test("of a node that Longhorn does not know fails, staying does not", async () => {
    await change("beforeUpdate", { retiring: true }, { retiring: false });
    await expect(change("beforeCreate", undefined, { retiring: true })).rejects.toThrow(
      "worker-1 cannot retire: Longhorn knows no node of that name",
    );
  });
});

describe("leaving Kubernetes", () => {
  const run = async (known: boolean[], seconds = 10) => {
    const did: string[] = [];
    let now = 0;
    await leaveKubernetes({
      node: "worker-1",
      objects: {
        deleteNode: (name) => Promise.resolve(void did.push(`delete ${name}`)),
        knownToLonghorn: () => Promise.resolve(known.shift() ?? false),
        deleteLonghornNode: () => Promise.reject(new Error("HTTP 403")),
      },
      timeouts: { ...lab().upgrade.timeouts, healthy: seconds },
      log: (line) => void did.push(line),
      clock: { now: () => now, sleep: (ms) => Promise.resolve(void (now += ms)) },
    });
    return did;
  };

  test("waits until Longhorn has forgotten the node", async () => {
    expect(await run([true, true, false])).toEqual([
      "delete worker-1",
      "worker-1: waiting: Longhorn still knows it",
      "worker-1: left Kubernetes",
    ]);
  });

  test("says so when it does not", async () => {
    await expect(run(Array<boolean>(100).fill(true), 5)).rejects.toThrow(
      "Longhorn did not forget it in time",
    );
  });
});
