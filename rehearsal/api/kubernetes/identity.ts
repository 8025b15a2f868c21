/**
 * Who the API server is, and who its clients are: its certificate is signed by the authority in the control planes' own machine
 * configs, and a client must show one of the same authority (Talos starts it with --anonymous-auth=false, talos v1.12.0
 * controllers/k8s/control_plane_static_pod.go).
 */
import { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { Cluster } from "../../world/kubernetes/cluster.ts";
import { at, textOf } from "../../world/kubernetes/pods/spec.ts";
import { mainDocument } from "../../world/kubernetes/api/reach.ts";
import type { NodeFacts } from "../../world/talos/machine-config/node-facts.ts";
import { ApiError, unauthorized } from "./status.ts";

/** PEM. */
export interface ServerIdentity {
  cert: string;
  key: string;
  ca: string;
}

/** Signs a certificate for the API server of a cluster; undefined when no control plane has a config in force. */
export async function serverIdentity({ world, state }: Cluster): Promise<ServerIdentity | undefined> {
  for (const { vmId } of Object.values(state.etcd)) {
    const machine = world.state.machines[vmId];
    if (machine?.machineConfig === undefined || !machine.facts) continue;
    const authority = at(mainDocument(machine.machineConfig), "cluster.ca");
    const pair = { cert: textOf(at(authority, "crt")), key: textOf(at(authority, "key")) };
    const made = await world.systems.machinery.call<{ cert: string; key: string }>("certificate.server", {
      authority: pair,
      commonName: "kube-apiserver",
      ...namesOf(machine.facts, machine.addresses),
    });
    return { cert: decode(made.cert), key: decode(made.key), ca: decode(pair.cert) };
  }
  return undefined;
}

/** Names in it as Talos puts them there, 127.0.0.1 among them (controllers/secrets/kubernetes_cert_sans.go). */
function namesOf(facts: NodeFacts, own: string[]): { dnsNames: string[]; addresses: string[] } {
  const host = URL.canParse(facts.clusterEndpoint) ? new URL(facts.clusterEndpoint).hostname : "";
  const isAddress = /^\d+(\.\d+){3}$/.test(host);
  const internal = [
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "localhost",
    facts.hostname,
  ];
  return {
    dnsNames: [...internal, ...(host && !isAddress ? [host] : [])],
    addresses: [...new Set(["127.0.0.1", ...own, ...(isAddress ? [host] : [])])],
  };
}

/** Throws unless the client has a certificate of this cluster and belongs to its administrators. */
export function authenticate(socket: TLSSocket): void {
  if (!socket.authorized) throw unauthorized();
  const { CN, O } = socket.getPeerCertificate().subject ?? {};
  const groups = [O ?? []].flat();
  if (groups.includes("system:masters")) return;
  throw new ApiError(
    403,
    "Forbidden",
    `forbidden: User "${String(CN ?? "")}" may do nothing here: only certificates of the group system:masters may`,
  );
}

/** Whether the client showed a certificate of this cluster's Talos API, and so holds its talosconfig. */
export function holdsTalosconfig(socket: TLSSocket, { talosCa }: NodeFacts): boolean {
  const shown = socket.getPeerX509Certificate();
  if (!shown) return false;
  try {
    return shown.verify(new X509Certificate(decode(talosCa)).publicKey);
  } catch {
    return false;
  }
}

function decode(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}
