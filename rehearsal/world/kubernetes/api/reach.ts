/**
 * From a kubeconfig to a cluster, as a client on the workstation would get there: an address on which an API server answers, with
 * the CA and a client certificate of that very cluster, and etcd behind it. Errors in the words of client-go and Go's net and tls.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { parse, parseAllDocuments } from "yaml";
import type { ConfigInspection } from "../../../machinery.ts";
import type { World } from "../../kernel/world.ts";
import { dialApiServer } from "../../talos/control-plane/api-server.ts";
import { hostsIn, type Cluster, type Hosts } from "../cluster.ts";
import { isRecord, textOf } from "../pods/spec.ts";

export class Unreachable extends Error {}

interface Login {
  server: string;
  authority: string;
  certificate: string;
  key: string;
}

export async function reach(
  world: World,
  kubeconfig: string,
  hosts: Hosts = hostsIn(world),
): Promise<Cluster> {
  const login = readKubeconfig(kubeconfig);
  // Before anything is dialled (client-go transport/transport.go, TLSConfigFor: tls.X509KeyPair).
  if (login.certificate && login.key && !isPair(login))
    throw new Unreachable("tls: private key does not match public key");
  const get = (problem: string) =>
    new Unreachable(`Get "${login.server.replace(/\/$/, "")}/version?timeout=32s": ${problem}`);
  const dialled = dialApiServer(world, login.server);
  if (dialled.answers === "closed") throw get(dialled.why);

  const authority = clusterAuthority(dialled.machine.machineConfig!);
  if (authority === undefined || decode(authority) !== decode(login.authority)) {
    throw get("tls: failed to verify certificate: x509: certificate signed by unknown authority");
  }
  // Without its key a certificate is not shown at all (client-go transport/config.go, HasCertAuth).
  if (!login.key || !signedBy(login.certificate, authority))
    throw new Unreachable("the server has asked for the client to provide credentials");
  if (dialled.answers === "no-quorum")
    throw get("context deadline exceeded (etcdserver: request timed out, no quorum)");
  return { world, state: dialled.cluster, hosts };
}

/** Of the context that is in force. */
export function readKubeconfig(text: string): Login {
  let file: unknown;
  try {
    file = parse(text);
  } catch (error) {
    throw new Unreachable(
      `invalid kubeconfig: ${error instanceof Error ? error.message.split("\n")[0] : "not YAML"}`,
    );
  }
  if (!isRecord(file)) throw new Unreachable("invalid kubeconfig: no configuration has been provided");
  const named = (list: unknown, name: unknown, key: string): Record<string, unknown> => {
    const found = (Array.isArray(list) ? list : []).find(
      (item) => isRecord(item) && item["name"] === name,
    ) as unknown;
    const inner = isRecord(found) ? found[key] : undefined;
    if (!isRecord(inner))
      throw new Unreachable(`invalid kubeconfig: ${key} "${String(name)}" does not exist`);
    return inner;
  };
  const context = named(file["contexts"], file["current-context"], "context");
  const cluster = named(file["clusters"], context["cluster"], "cluster");
  const user = named(file["users"], context["user"], "user");
  const server = textOf(cluster["server"]);
  if (!URL.canParse(server)) throw new Unreachable(`invalid kubeconfig: server "${server}" is no URL`);
  return {
    server,
    authority: textOf(cluster["certificate-authority-data"]),
    certificate: textOf(user["client-certificate-data"]),
    key: textOf(user["client-key-data"]),
  };
}

const inspections = new Map<string, ConfigInspection>();

/** What Talos's own library reads out of a machine config; remembered, for configs are asked about again and again. */
export async function inspect(world: World, machineConfiguration: string): Promise<ConfigInspection> {
  const known = inspections.get(machineConfiguration);
  if (known) return known;
  const made = await world.systems.machinery.call<ConfigInspection>("config.inspect", {
    machineConfiguration,
  });
  if (inspections.size > 200) inspections.clear();
  inspections.set(machineConfiguration, made);
  return made;
}

/** The level that the control planes' admission configuration enforces where a namespace says nothing. */
export async function podSecurityDefault({ world, state }: Cluster): Promise<string | undefined> {
  for (const { vmId } of Object.values(state.etcd)) {
    const config = world.state.machines[vmId]?.machineConfig;
    if (config !== undefined) return (await inspect(world, config)).podSecurityDefault;
  }
  return undefined;
}

export function mainDocument(config: string): Record<string, unknown> | undefined {
  const documents = parseAllDocuments(config).map((document) => document.toJS() as unknown);
  return documents.find(
    (document): document is Record<string, unknown> => isRecord(document) && "machine" in document,
  );
}

function clusterAuthority(config: string): string | undefined {
  const cluster = mainDocument(config)?.["cluster"];
  const ca = isRecord(cluster) ? cluster["ca"] : undefined;
  return isRecord(ca) && typeof ca["crt"] === "string" ? ca["crt"] : undefined;
}

function signedBy(certificate: string, authority: string): boolean {
  try {
    const client = new X509Certificate(decode(certificate));
    return client.verify(new X509Certificate(decode(authority)).publicKey);
  } catch {
    return false;
  }
}

function isPair({ certificate, key }: Login): boolean {
  try {
    // Talos labels its own keys by algorithm; the content is the plain PKCS #8 form that OpenSSL reads.
    const pem = decode(key).replaceAll("ED25519 PRIVATE KEY", "PRIVATE KEY");
    return new X509Certificate(decode(certificate)).checkPrivateKey(createPrivateKey(pem));
  } catch {
    return false;
  }
}

function decode(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8").trim();
}
