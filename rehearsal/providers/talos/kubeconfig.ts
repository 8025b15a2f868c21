/** The kubeconfig, as a resource and as a function. */
import { X509Certificate } from "node:crypto";
import { parse } from "yaml";
import type { Door } from "../../api/talos/door.ts";
import {
  UNKNOWN,
  diffInputs,
  isRecord,
  secret,
  type FunctionHandler,
  type PropertyMap,
  type ResourceHandler,
} from "../server/index.ts";
import { retry, withClient } from "./client.ts";
import { endpointOf, goDuration, nodeInputs, protectedCredentials, text, timeLimit } from "./common.ts";

export function kubeconfigResource(door: Door): ResourceHandler {
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
      const issued = await issue(door, inputs, { seconds, signal });
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
      return { ...outputsOf(news), ...protect(await issue(door, news, { seconds, signal })) };
    },
  };
}

export function getKubeconfig(door: Door): FunctionHandler {
  return async (args, { signal }) => {
    const issued = await issue(door, args, { seconds: timeLimit(args, "read"), signal });
    return { ...outputsOf(args), ...protect(issued), id: issued.cluster };
  };
}

async function issue(
  door: Door,
  inputs: PropertyMap,
  limits: { seconds: number; signal: AbortSignal },
): Promise<Issued> {
  const doing = "failed to retrieve kubeconfig";
  const { kubeconfig } = await retry(door, { ...limits, doing }, () =>
    withClient(door, nodeInputs(inputs), limits.signal, (client) =>
      client<{ kubeconfig: string }>("/machine.MachineService/Kubeconfig"),
    ),
  );
  return { kubeconfigRaw: kubeconfig, ...read(kubeconfig) };
}

interface Issued {
  kubeconfigRaw: string;
  /** Name of the cluster. */
  cluster: string;
  kubernetesClientConfiguration: PropertyMap;
}

interface File {
  clusters: [{ name: string; cluster: { server: string; "certificate-authority-data": string } }];
  users: [{ user: { "client-certificate-data": string; "client-key-data": string } }];
}

function read(kubeconfig: string): Omit<Issued, "kubeconfigRaw"> {
  const { clusters, users } = parse(kubeconfig) as File;
  const [{ name, cluster }] = clusters;
  const [{ user }] = users;
  return {
    cluster: name,
    kubernetesClientConfiguration: {
      caCertificate: cluster["certificate-authority-data"],
      clientCertificate: user["client-certificate-data"],
      clientKey: user["client-key-data"],
      host: cluster.server,
    },
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
