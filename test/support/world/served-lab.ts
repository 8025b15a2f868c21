/** A lab of one control plane and one worker with its Kubernetes API on loopback, and the credentials for it. */
import { KubeConfig } from "@kubernetes/client-node";
import { serveKubernetes, type KubernetesServer } from "../../../rehearsal/api/kubernetes/server.ts";
import type { Interceptor } from "../../../rehearsal/world/kernel/request-faults.ts";
import { clusterOf, type Cluster } from "../../../rehearsal/world/kubernetes/cluster.ts";
import { bootstrap } from "./calls.ts";
import { hostOf } from "../../../rehearsal/world/talos/host.ts";
import { Lab } from "./lab.ts";

const MOUNT = `machine: {kubelet: {extraMounts: [{destination: /var/mnt/longhorn, type: bind, source: /var/mnt/longhorn, options: [bind, rshared, rw]}]}}`;

export interface ServedLab {
  lab: Lab;
  server: KubernetesServer;
  cluster(): Cluster;
  /** A client of the official library, with an admin certificate of these secrets. */
  client(secrets?: Lab["secrets"]): Promise<KubeConfig>;
  talosconfig(secrets?: Lab["secrets"]): Promise<string>;
}

export async function serveLab(intercept?: Interceptor): Promise<ServedLab> {
  const lab = await Lab.open();
  const hosts = (vmId: number) => hostOf(lab.world, vmId);
  const server = await serveKubernetes(lab.world, { hosts, ...(intercept ? { intercept } : {}) });
  return {
    lab,
    server,
    cluster: () => clusterOf(lab.world, Object.keys(lab.world.state.clusters)[0]!, hosts),
    async client(secrets = lab.secrets) {
      const { kubeconfigRaw } = await lab.machinery.call<{ kubeconfigRaw: string }>("kubeconfig.generate", {
        machineSecrets: secrets.machineSecrets,
        clusterName: "lab",
        clusterEndpoint: server.url,
      });
      const config = new KubeConfig();
      config.loadFromString(kubeconfigRaw);
      return config;
    },
    async talosconfig(secrets = lab.secrets) {
      const { talosConfig } = await lab.machinery.call<{ talosConfig: string }>("talosconfig.generate", {
        clusterName: "lab",
        clientConfiguration: secrets.clientConfiguration,
        endpoints: ["127.0.0.1:50000"],
        nodes: [],
      });
      return talosConfig;
    },
  };
}

/** cp-1 at .126 and worker-1 at .127, Ready. */
export async function bringUp({ lab }: ServedLab, patches: string[] = []): Promise<void> {
  for (const vmId of [126, 127]) {
    const address = `192.168.1.${vmId}`;
    const first = vmId === 126;
    const hostname = first ? "cp-1" : "worker-1";
    lab.addVm({ vmId, name: hostname, address });
    await lab.start(vmId);
    const own = first ? ["cluster: {allowSchedulingOnControlPlanes: true}"] : [];
    const config = await lab.config({
      hostname,
      role: first ? "controlplane" : "worker",
      patches: [MOUNT, ...own, ...patches],
    });
    await lab.apply(address, config);
    if (first) await bootstrap(lab.world, lab.target(address));
    await lab.clock.sleep(200);
  }
  await lab.world.settle();
  await lab.clock.sleep(100);
  await lab.world.settle();
}
