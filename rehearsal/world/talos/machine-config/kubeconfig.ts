/**
 * The kubeconfig that a control plane gives out: an admin certificate that it signs with the cluster's authority, by its config
 * alone, so that it may be had before the API server answers (terraform-provider-talos#290).
 * Source: talos v1.12.0 server/v1alpha1/v1alpha1_server.go (Kubeconfig).
 */
import { parseAllDocuments } from "yaml";
import type { MachineState } from "../state.ts";
import type { World } from "../../kernel/world.ts";
import { TalosError } from "../errors.ts";

export interface Kubeconfig {
  kubeconfigRaw: string;
  kubernetesClientConfiguration: Record<string, string>;
}

type Tree = Record<string, unknown>;

export async function issueKubeconfig(world: World, machine: MachineState): Promise<Kubeconfig> {
  const facts = machine.facts;
  if (!facts) throw new TalosError("Unimplemented", "method Kubeconfig not implemented");
  if (facts.machineType !== "controlplane") {
    throw new TalosError("Unimplemented", "kubeconfig is only available on control plane nodes");
  }
  const made = await world.systems.machinery.call<Kubeconfig>("kubeconfig.generate", {
    machineSecrets: secretsIn(machine.machineConfig!),
    clusterName: facts.clusterName,
    clusterEndpoint: facts.clusterEndpoint,
  });
  world.note({
    kind: "kubeconfig-issued",
    subject: facts.hostname,
    text: `${facts.hostname} issued a kubeconfig of cluster ${facts.clusterName}`,
    detail: { vmId: machine.vmId, clusterId: facts.clusterId, host: facts.clusterEndpoint },
  });
  return made;
}

/** Cluster secrets as a control plane's own config holds them. */
function secretsIn(machineConfig: string): Tree {
  const document = parseAllDocuments(machineConfig)
    .map((one) => one.toJS() as unknown)
    .find((one) => isTree(one) && isTree(one["machine"]) && isTree(one["cluster"]));
  const machine = at(document, "machine");
  const cluster = at(document, "cluster");
  const pair = (value: Tree) => ({ cert: value["crt"] ?? "", key: value["key"] ?? "" });
  return {
    certs: {
      etcd: pair(at(cluster["etcd"], "ca")),
      k8s: pair(at(cluster, "ca")),
      k8sAggregator: pair(at(cluster, "aggregatorCA")),
      k8sServiceaccount: { key: at(cluster, "serviceAccount")["key"] ?? "" },
      os: pair(at(machine, "ca")),
    },
    cluster: { id: cluster["id"] ?? "", secret: cluster["secret"] ?? "" },
    secrets: {
      bootstrapToken: cluster["token"] ?? "",
      secretboxEncryptionSecret: cluster["secretboxEncryptionSecret"] ?? "",
    },
    trustdinfo: { token: machine["token"] ?? "" },
  };
}

function at(value: unknown, key: string): Tree {
  const inner = isTree(value) ? value[key] : undefined;
  return isTree(inner) ? inner : {};
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
