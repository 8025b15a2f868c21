/**
 * The kubeconfig, as a resource and as a function: a control plane signs an admin certificate with the cluster's authority.
 * It does so from its config alone, so that it may be had before the API server answers (terraform-provider-talos#290).
 */
import { X509Certificate } from "node:crypto";
import { parseAllDocuments } from "yaml";
import { connect } from "../../world/talos/api.ts";
import { TalosError } from "../../world/talos/errors.ts";
import type { World } from "../../world/world.ts";
import {
  UNKNOWN,
  diffInputs,
  isRecord,
  secret,
  type FunctionHandler,
  type PropertyMap,
  type ResourceHandler,
} from "../server/index.ts";
import {
  endpointOf,
  goDuration,
  nodeInputs,
  protectedCredentials,
  retry,
  text,
  timeLimit,
} from "./common.ts";

interface Issued {
  kubeconfigRaw: string;
  kubernetesClientConfiguration: Record<string, string>;
}

export function kubeconfigResource(world: World): ResourceHandler {
  return {
    check: (given) => {
      const inputs: PropertyMap = { certificateRenewalDuration: "720h", ...given };
      return { inputs };
    },
    diff: ({ inputs, state }, news) => {
      const found = diffInputs(inputs, news);
      return expiring(state, news) ? { ...found, changes: true } : found;
    },
    async create(inputs, { preview, timeoutSeconds, signal }) {
      if (preview) {
        const unknown = { kubeconfigRaw: UNKNOWN, kubernetesClientConfiguration: UNKNOWN };
        return { id: "", outputs: { ...outputsOf(inputs), ...unknown } };
      }
      const seconds = timeLimit(inputs, "create", timeoutSeconds);
      const issued = await issue(world, inputs, { seconds, signal });
      return { id: issued.cluster, outputs: { ...outputsOf(inputs), ...protect(issued) } };
    },
    async update(_id, { state }, news, { preview, timeoutSeconds, signal }) {
      const { kubeconfigRaw, kubernetesClientConfiguration } = state;
      const kept = {
        kubeconfigRaw: secret(kubeconfigRaw),
        kubernetesClientConfiguration: protectedCredentials(kubernetesClientConfiguration),
      };
      if (preview || !expiring(state, news)) return { ...outputsOf(news), ...kept };
      const seconds = timeLimit(news, "update", timeoutSeconds);
      return { ...outputsOf(news), ...protect(await issue(world, news, { seconds, signal })) };
    },
  };
}

export function getKubeconfig(world: World): FunctionHandler {
  return async (args, { signal }) => {
    const issued = await issue(world, args, { seconds: timeLimit(args, "read"), signal });
    return { ...outputsOf(args), ...protect(issued), id: issued.cluster };
  };
}

async function issue(
  world: World,
  inputs: PropertyMap,
  limits: { seconds: number; signal: AbortSignal },
): Promise<Issued & { cluster: string }> {
  const doing = "failed to retrieve kubeconfig";
  const issued = await retry(world, { ...limits, doing }, async () => {
    const { machine, mode } = await connect(world, nodeInputs(inputs));
    if (mode === "maintenance") throw new TalosError("Unimplemented", "method Kubeconfig not implemented");
    const facts = machine.facts!;
    if (facts.machineType !== "controlplane") {
      throw new TalosError("Unimplemented", "kubeconfig is only available on control plane nodes");
    }
    const made = await world.machinery.call<Issued>("kubeconfig.generate", {
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
    return { ...made, cluster: facts.clusterName };
  });
  await world.commit();
  return issued;
}

/** Cluster secrets as a control plane's own config holds them. */
function secretsIn(machineConfig: string): Record<string, unknown> {
  const document = parseAllDocuments(machineConfig)
    .map((one) => one.toJS() as unknown)
    .find((one) => isRecord(one) && isRecord(one["machine"]) && isRecord(one["cluster"]));
  const machine = at(document, "machine");
  const cluster = at(document, "cluster");
  const pair = (value: PropertyMap) => ({ cert: text(value["crt"]), key: text(value["key"]) });
  return {
    certs: {
      etcd: pair(at(cluster["etcd"], "ca")),
      k8s: pair(at(cluster, "ca")),
      k8sAggregator: pair(at(cluster, "aggregatorCA")),
      k8sServiceaccount: { key: text(at(cluster, "serviceAccount")["key"]) },
      os: pair(at(machine, "ca")),
    },
    cluster: { id: text(cluster["id"]), secret: text(cluster["secret"]) },
    secrets: {
      bootstrapToken: text(cluster["token"]),
      secretboxEncryptionSecret: text(cluster["secretboxEncryptionSecret"]),
    },
    trustdinfo: { token: text(machine["token"]) },
  };
}

function at(value: unknown, key: string): PropertyMap {
  const inner = isRecord(value) ? value[key] : undefined;
  return isRecord(inner) ? inner : {};
}

function protect(issued: Issued): PropertyMap {
  return {
    kubeconfigRaw: secret(issued.kubeconfigRaw),
    kubernetesClientConfiguration: protectedCredentials(issued.kubernetesClientConfiguration),
  };
}

function outputsOf(inputs: PropertyMap): PropertyMap {
  return {
    ...inputs,
    endpoint: endpointOf(inputs),
    clientConfiguration: protectedCredentials(inputs["clientConfiguration"]),
  };
}

/** The certificate ends within the renewal duration: the next update asks for a new one. */
function expiring(state: PropertyMap, inputs: PropertyMap): boolean {
  const certificate = text(at(state, "kubernetesClientConfiguration")["clientCertificate"]);
  if (!certificate) return false;
  const ends = new Date(new X509Certificate(Buffer.from(certificate, "base64")).validTo).getTime();
  return ends < Date.now() + goDuration(text(inputs["certificateRenewalDuration"]) || "720h") * 1000;
}
