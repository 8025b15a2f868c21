/** What stands in front of an update of the charts, run as the engine would run it. */
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { lab } from "./support/homelabs.ts";
import { called, failure, hook, KUBECONFIG } from "./support/hooks.ts";
import { KubernetesApi } from "./support/kubernetes-api.ts";
import { runHomelab } from "./support/run-homelab.ts";

let api: KubernetesApi;

beforeEach(async () => {
  api = await KubernetesApi.start();
  api.longhorn = { volumes: [], replicas: [] };
});

afterEach(() => api.stop());

async function homelab() {
  const config = lab();
  config.upgrade.timeouts.healthy = 0;
  const run = await runHomelab(config, { answers: { kubeconfig: () => api.kubeconfig() } });
  const update = (chart: "longhorn" | "traefik", from: string | undefined, to: string) =>
    hook(run, `lab-${chart}-release`, "beforeUpdate", {
      oldInputs: { version: from },
      newInputs: { version: to },
    });
  return { run, update };
}

describe("the version guard of a release", () => {
  test("refuses what the running version cannot become, and asks nobody", async () => {
    const { run, update } = await homelab();
    expect(await failure(update("longhorn", "1.10.2", "1.12.1"))).toMatch(
      /^homelab:longhorn\.version: 1\.10\.2 runs, and "1\.12\.1" skips a minor/,
    );
    expect(await failure(update("longhorn", "1.12.1", "1.11.3"))).toContain("is older");
    expect(await failure(update("traefik", "41.3.0", "40.0.0"))).toContain("older major");
    expect(called(run, KUBECONFIG)).toEqual([]);
  });

  test("says what becomes what, and nothing where the version stays", async () => {
    const { update } = await homelab();
    const told = vi.spyOn(pulumi.log, "info").mockResolvedValue();
    await update("longhorn", "1.11.3", "1.12.1");
    await update("traefik", "40.0.0", "41.3.0");
    await update("traefik", "41.3.0", "41.3.0");
    await update("longhorn", undefined, "1.12.1");
    expect(told.mock.calls.map(([text]) => text)).toEqual([
      "Longhorn: 1.11.3 -> 1.12.1",
      "Traefik's chart: 40.0.0 -> 41.3.0",
    ]);
    told.mockRestore();
  });
});

describe("the gate of Longhorn's upgrade", () => {
  const volume = (robustness: string) => ({
    metadata: { name: "pvc-1" },
    spec: { numberOfReplicas: 2 },
    status: {
      state: "attached",
      robustness,
      kubernetesStatus: { namespace: "traefik", pvcName: "data" },
    },
  });

  test("lets it pass where every volume is whole", async () => {
    const { run, update } = await homelab();
    api.longhorn = { volumes: [volume("healthy")], replicas: [] };
    await update("longhorn", "1.11.3", "1.12.1");
    expect(called(run, KUBECONFIG)).toHaveLength(1);
    expect(api.asked.map(({ method, path }) => `${method} ${path}`)).toContain(
      "GET /apis/longhorn.io/v1beta2/namespaces/longhorn-system/volumes",
    );
  });

  test("keeps it back while one is not", async () => {
    const { update } = await homelab();
    api.longhorn = { volumes: [volume("degraded")], replicas: [] };
    expect(await failure(update("longhorn", "1.11.3", "1.12.1"))).toContain(
      "volume traefik/data (pvc-1) is degraded, not healthy",
    );
  });

  test("is no matter for other changes of its values, nor for Traefik", async () => {
    const { run, update } = await homelab();
    api.longhorn = { volumes: [volume("faulted")], replicas: [] };
    await update("longhorn", "1.12.1", "1.12.1");
    await update("traefik", "40.0.0", "41.3.0");
    expect(called(run, KUBECONFIG)).toEqual([]);
    expect(api.asked).toEqual([]);
  });
});
