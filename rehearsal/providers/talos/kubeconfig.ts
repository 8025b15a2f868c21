/** The kubeconfig, as a resource and as a function. */
import { X509Certificate } from "node:crypto";
import { connect } from "../../world/talos/api.ts";
import { issueKubeconfig, type Kubeconfig } from "../../world/talos/machine-config/kubeconfig.ts";
import type { World } from "../../world/kernel/world.ts";
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
    async create(inputs, { preview, signal }) {
      if (preview) {
        const unknown = { kubeconfigRaw: UNKNOWN, kubernetesClientConfiguration: UNKNOWN };
        return { id: "", outputs: { ...outputsOf(inputs), ...unknown } };
      }
      const seconds = timeLimit(inputs, "create");
      const issued = await issue(world, inputs, { seconds, signal });
      return { id: issued.cluster, outputs: { ...outputsOf(inputs), ...protect(issued) } };
    },
    async update(_id, { state }, news, { preview, signal }) {
      const { kubeconfigRaw, kubernetesClientConfiguration } = state;
      const kept = {
        kubeconfigRaw: secret(kubeconfigRaw),
        kubernetesClientConfiguration: protectedCredentials(kubernetesClientConfiguration),
      };
      if (preview || !expiring(state, news)) return { ...outputsOf(news), ...kept };
      const seconds = timeLimit(news, "update");
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
): Promise<Kubeconfig & { cluster: string }> {
  const doing = "failed to retrieve kubeconfig";
  const issued = await retry(world, { ...limits, doing }, async () => {
    const { machine } = await connect(world, nodeInputs(inputs));
    const made = await issueKubeconfig(world, machine);
    return { ...made, cluster: machine.facts!.clusterName };
  });
  await world.commit();
  return issued;
}

function at(value: unknown, key: string): PropertyMap {
  const inner = isRecord(value) ? value[key] : undefined;
  return isRecord(inner) ? inner : {};
}

function protect(issued: Kubeconfig): PropertyMap {
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
