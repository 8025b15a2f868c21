/** A small cluster, and the Kubernetes provider's handlers over it, called as the engine would. */
import { beforeAll, beforeEach } from "vitest";
import { configure, type Configured } from "../../../rehearsal/providers/kubernetes/connection.ts";
import { kubernetesProvider } from "../../../rehearsal/providers/kubernetes/index.ts";
import type { PropertyMap, ResourceHandler } from "../../../rehearsal/providers/server/index.ts";
import type { ClusterState } from "../../../rehearsal/world/kubernetes/state.ts";
import { bootstrap } from "../../support/world/calls.ts";
import { hostOf } from "../../../rehearsal/world/talos/host.ts";
import { Lab } from "../../support/world/lab.ts";

const ADDRESS = "192.168.1.126";
export let lab: Lab;
let kubeconfig: string;
let pristine: string;

/** To be called once in a test file: every test gets the cluster as it was at the beginning. */
export function withCluster(): void {
  beforeAll(async () => {
    lab = await Lab.open();
    lab.addVm({ vmId: 101, name: "cp-1", address: ADDRESS });
    await lab.start(101);
    await lab.apply(
      ADDRESS,
      await lab.config({ role: "controlplane", hostname: "cp-1", address: ADDRESS, patches: [] }),
    );
    await bootstrap(lab.world, lab.target(ADDRESS));
    for (let round = 0; round < 2; round++) {
      await lab.clock.sleep(600);
      await lab.world.settle();
    }
    const made = await lab.machinery.call<{ kubeconfigRaw: string }>("kubeconfig.generate", {
      machineSecrets: lab.secrets.machineSecrets,
      clusterName: "lab",
      clusterEndpoint: `https://${ADDRESS}:6443`,
      user: "admin",
    });
    kubeconfig = made.kubeconfigRaw;
    pristine = JSON.stringify(cluster());
  });
  beforeEach(() => {
    const [id] = Object.keys(lab.world.state.clusters);
    lab.world.state.clusters[id!] = JSON.parse(pristine) as ClusterState;
  });
}

export const cluster = (): ClusterState => Object.values(lab.world.state.clusters)[0]!;

/** One kind of resource, as a provider with these options serves it. */
export function kind(token: string, options: PropertyMap = {}) {
  const provider = kubernetesProvider(lab.world, (vmId) => hostOf(lab.world, vmId));
  const handler = provider.resources[`kubernetes:${token}`] as ResourceHandler<Configured>;
  const configured = configure({ kubeconfig, ...options });
  const [group] = token.split(":");
  const typed = (object: PropertyMap): PropertyMap => ({
    apiVersion: group!.replace(/^core\//, ""),
    kind: token.split(":")[1]!.replace(/Patch$/, ""),
    ...object,
  });
  const context = (preview = false) => ({
    configured,
    urn: `urn:pulumi:s::p::kubernetes:${token}::it`,
    preview,
    signal: new AbortController().signal,
  });
  return {
    check: (object: PropertyMap, olds: PropertyMap = {}) =>
      handler.check!(typed(object), olds, { urn: context().urn, configured }),
    create: (object: PropertyMap, preview = false) => handler.create(typed(object), context(preview)),
    diff: (before: PropertyMap, after: PropertyMap, state: PropertyMap = {}) =>
      handler.diff!({ inputs: typed(before), state }, typed(after), {
        id: "",
        urn: context().urn,
        configured,
      }),
    read: (id: string, object: PropertyMap, state: PropertyMap = {}) =>
      handler.read!(id, { ...typed(object), ...state }, typed(object), context()),
    update: (before: PropertyMap, after: PropertyMap, state: PropertyMap = {}) =>
      handler.update!("", { inputs: typed(before), state }, typed(after), context()),
    remove: (object: PropertyMap, state: PropertyMap = {}) =>
      handler.delete!("", { inputs: typed(object), state }, context()),
  };
}

export const named = (name: string, more: PropertyMap = {}): PropertyMap => ({ metadata: { name }, ...more });
export const settings = named("settings", { data: { a: "1" } });
export const inDefault = (object: PropertyMap): PropertyMap => ({
  ...object,
  metadata: { namespace: "default", ...(object["metadata"] as object) },
});
export const job = (
  script: string,
  annotations: Record<string, string> = {},
  policy?: string,
): PropertyMap => ({
  metadata: { name: "check", namespace: "default", annotations },
  spec: {
    backoffLimit: 0,
    template: {
      spec: {
        restartPolicy: "Never",
        tolerations: [{ operator: "Exists" }],
        containers: [
          {
            name: "check",
            image: "busybox",
            command: ["sh", "-c", script],
            ...(policy && { terminationMessagePolicy: policy }),
          },
        ],
      },
    },
  },
});
