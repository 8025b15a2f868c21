/** The kubernetes provider under the real engine, over simulated Talos machines with real certificates. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kubernetesProvider } from "../../../rehearsal/providers/kubernetes/index.ts";
import { serveProvider } from "../../../rehearsal/providers/server/index.ts";
import { reach } from "../../../rehearsal/world/kubernetes/api/reach.ts";
import { bootstrap } from "../../support/world/calls.ts";
import { hostOf } from "../../../rehearsal/world/talos/host.ts";
import type { World } from "../../../rehearsal/world/kernel/world.ts";
import { LONGHORN_VALUES, TRAEFIK_VALUES } from "../../support/world/fake-cluster.ts";
import { Lab } from "../../support/world/lab.ts";
import { openStack, type EngineStack } from "../talos/lab.ts";
import { newSecrets, openMachinery, runningWorld } from "../../support/world/world.ts";

const NODES = [
  { vmId: 101, name: "cp-1", address: "192.168.1.126", role: "controlplane" as const },
  { vmId: 102, name: "worker-1", address: "192.168.1.127", role: "worker" as const },
];
const EXTRA_MOUNT = `machine:
  kubelet:
    extraMounts: [{destination: /var/mnt/longhorn, type: bind, source: /var/mnt/longhorn, options: [bind, rshared, rw]}]
`;

let world: World;
let engine: EngineStack;
let kubeconfig: string;
let otherKubeconfig: string;
/** What a test changes in the program. */
const settings = {
  kubeconfig: "",
  labels: { "pod-security.kubernetes.io/enforce": "privileged" } as Record<string, string>,
  longhorn: LONGHORN_VALUES as Record<string, unknown>,
  traefik: TRAEFIK_VALUES as Record<string, unknown>,
  script: 'test "$(stat -c %d /host/mnt/longhorn)" != "$(stat -c %d /host)"',
  install: true,
};

async function makeKubeconfig(machineSecrets: Record<string, unknown>): Promise<string> {
  const machinery = await openMachinery();
  const made = await machinery.call<{ kubeconfigRaw: string }>("kubeconfig.generate", {
    machineSecrets,
    clusterName: "lab",
    clusterEndpoint: "https://192.168.1.126:6443",
    user: "admin",
  });
  return made.kubeconfigRaw;
}

beforeAll(async () => {
  const lab = await Lab.open();
  for (const { vmId, name, address } of NODES) {
    lab.addVm({ vmId, name, address });
    await lab.start(vmId);
  }
  for (const { name, address, role } of NODES) {
    await lab.apply(address, await lab.config({ role, hostname: name, address, patches: [EXTRA_MOUNT] }));
  }
  await bootstrap(lab.world, lab.target("192.168.1.126"));
  await lab.clock.sleep(600);
  await lab.world.settle();
  await lab.clock.sleep(600);
  await lab.world.settle();
  kubeconfig = await makeKubeconfig(lab.secrets.machineSecrets);
  otherKubeconfig = await makeKubeconfig((await newSecrets()).machineSecrets);
  settings.kubeconfig = kubeconfig;
  world = runningWorld(lab.world, 600);
  const provider = kubernetesProvider(world, (vmId) => hostOf(world, vmId));
  engine = await openStack([await serveProvider(provider)], program);
});
afterAll(() => engine?.close());

function program() {
  const provider = new k8s.Provider("k8s", { kubeconfig: pulumi.secret(settings.kubeconfig) });
  const opts = { provider };
  if (!settings.install) return Promise.resolve({});
  const space = (name: string) =>
    new k8s.core.v1.Namespace(name, { metadata: { name, labels: settings.labels } }, opts);
  const storage = space("longhorn-system");
  const ingress = space("traefik");
  const checks = NODES.map(
    ({ name }) =>
      new k8s.batch.v1.Job(
        `check-${name}`,
        {
          metadata: { namespace: storage.metadata.name },
          spec: {
            backoffLimit: 1,
            template: {
              spec: {
                restartPolicy: "Never",
                nodeName: name,
                containers: [
                  {
                    name: "check",
                    image: "busybox",
                    command: ["sh", "-c", settings.script],
                    volumeMounts: [{ name: "var", mountPath: "/host", readOnly: true }],
                  },
                ],
                volumes: [{ name: "var", hostPath: { path: "/var" } }],
              },
            },
          },
        },
        opts,
      ),
  );
  const longhorn = new k8s.helm.v3.Release(
    "longhorn",
    {
      name: "longhorn",
      namespace: storage.metadata.name,
      chart: "longhorn",
      version: "1.12.1",
      repositoryOpts: { repo: "https://charts.longhorn.io" },
      values: settings.longhorn,
    },
    { ...opts, dependsOn: checks },
  );
  const traefik = new k8s.helm.v3.Release(
    "traefik",
    {
      name: "traefik",
      namespace: ingress.metadata.name,
      chart: "traefik",
      version: "41.3.0",
      repositoryOpts: { repo: "https://traefik.github.io/charts" },
      values: settings.traefik,
    },
    { ...opts, dependsOn: [longhorn, ingress] },
  );
  const retained = { ...opts, retainOnDelete: true };
  new k8s.core.v1.ConfigMap("kept", { metadata: { name: "kept", namespace: "default" } }, retained);
  const credentials = new k8s.core.v1.Secret("credentials", { stringData: { password: "hunter2" } }, opts);
  return Promise.resolve({
    status: longhorn.status,
    claim: traefik.resourceNames.apply((names) => names["PersistentVolumeClaim/v1"]),
    name: credentials.metadata.name,
    uid: storage.metadata.uid,
  });
}

describe("reaching the cluster", () => {
  const hosts = (vmId: number) => hostOf(world, vmId);
  const change = (from: string, to: string) => reach(world, kubeconfig.replace(from, to), hosts);

  test("its own kubeconfig does", async () => {
    expect((await reach(world, kubeconfig, hosts)).state.name).toBe("lab");
  });

  test("another cluster's authority, or a foreign client, does not", async () => {
    await expect(reach(world, otherKubeconfig, hosts)).rejects.toThrow(
      "certificate signed by unknown authority",
    );
    const line = (name: string, text: string) => new RegExp(`${name}: (\\S+)`).exec(text)![1]!;
    const withOther = (text: string, name: string) =>
      text.replace(line(name, kubeconfig), line(name, otherKubeconfig));
    const certificate = withOther(kubeconfig, "client-certificate-data");
    await expect(reach(world, withOther(certificate, "client-key-data"), hosts)).rejects.toThrow(
      "the server has asked for the client to provide credentials",
    );
    await expect(reach(world, certificate, hosts)).rejects.toThrow(
      "tls: private key does not match public key",
    );
  });

  test("nor an address where nothing, no control plane, or another port answers", async () => {
    await expect(change("192.168.1.126", "192.168.1.99")).rejects.toThrow(
      "192.168.1.99:6443: connect: no route to host",
    );
    await expect(change("192.168.1.126", "192.168.1.127")).rejects.toThrow("connection refused");
    await expect(change(":6443", ":443")).rejects.toThrow("connection refused");
    await expect(reach(world, "", hosts)).rejects.toThrow("invalid kubeconfig");
  });
});

const counts = (changes: Record<string, number | undefined> | undefined) =>
  Object.fromEntries(Object.entries(changes ?? {}).filter(([kind, count]) => count && kind !== "same"));

describe("a stack of namespaces, Jobs and releases", () => {
  test("comes up", async () => {
    const { summary, outputs } = await engine.stack.up();
    expect(summary.result).toBe("succeeded");
    expect(outputs["status"]?.value).toEqual({
      appVersion: "v1.12.1",
      chart: "longhorn",
      name: "longhorn",
      namespace: "longhorn-system",
      revision: 1,
      status: "deployed",
      version: "1.12.1",
    });
    expect(outputs["claim"]?.value).toEqual(["traefik/traefik"]);
    expect(outputs["name"]?.value).toMatch(/^credentials-[0-9a-f]{8}$/);
    expect(outputs["uid"]?.value).toMatch(/^[0-9a-f]{8}-/);
  });

  test("keeps the secret out of the state and of the world", async () => {
    expect(await engine.state()).not.toContain("hunter2");
    expect(JSON.stringify(world.state)).not.toContain("hunter2");
  });

  test("does nothing the second time, nor after a refresh", async () => {
    expect(counts((await engine.stack.up()).summary.resourceChanges)).toEqual({});
    expect(counts((await engine.stack.refresh()).summary.resourceChanges)).toEqual({});
    expect(counts((await engine.stack.preview()).changeSummary)).toEqual({});
  });

  test("upgrades a release in place, and replaces a Job whose template changed", async () => {
    settings.traefik = { ...TRAEFIK_VALUES, ports: { ...TRAEFIK_VALUES.ports, metrics: { port: 9102 } } };
    settings.script = `${settings.script} && df -k /host`;
    const { summary } = await engine.stack.up();
    expect(counts(summary.resourceChanges)).toEqual({ update: 1, replace: 2 });
    const cluster = Object.values(world.state.clusters)[0]!;
    expect(cluster.releases["traefik/traefik"]?.revision).toBe(2);
  });

  test("a values change that cannot work fails with the pods' reason, and the next run repairs it", async () => {
    const good = settings.traefik;
    settings.traefik = { ...good, nodeSelector: { "kubernetes.io/hostname": "nowhere" } };
    expect(await engine.failure()).toContain("didn't match Pod's node affinity/selector");
    settings.traefik = good;
    expect((await engine.stack.up()).summary.result).toBe("succeeded");
  });

  test("what the chart itself refuses fails in the preview already", async () => {
    const good = settings.traefik;
    settings.traefik = { ...good, certResolvers: {} };
    await expect(engine.stack.preview()).rejects.toThrow("additional properties 'certResolvers' not allowed");
    settings.traefik = good;
  });

  test("goes away once Longhorn was told that it may", async () => {
    await expect(engine.stack.destroy()).rejects.toThrow("deleting-confirmation-flag is set to `false`");
    settings.longhorn = {
      ...LONGHORN_VALUES,
      defaultSettings: { ...LONGHORN_VALUES.defaultSettings, deletingConfirmationFlag: "true" },
    };
    await engine.stack.up();
    await engine.stack.destroy();
    const cluster = Object.values(world.state.clusters)[0]!;
    expect(cluster.releases).toEqual({});
    expect(Object.keys(cluster.namespaces).filter((name) => !/^(default|kube-)/.test(name))).toEqual([]);
    // Of the engine's own: what is retained leaves the state alone.
    expect(Object.keys(cluster.objects)).toEqual([expect.stringContaining("default/kept")]);
    expect(cluster.longhorn).toBeUndefined();
  });
});
