/** Traefik: a node that it can run on, and an account that the certificate authority takes. */
import { defaultIngressNode } from "../derive.ts";
import type { Draft } from "../draft.ts";
import { listWords, show, type Problem } from "../problem.ts";
import { didYouMean } from "../suggest.ts";
import { TRAEFIK_CHARTS } from "../versions.ts";
import { allKnown, nodeName, type Rule } from "./rule.ts";
import { controlPlanesClosed } from "./storage.ts";

function ingressNodeExists(draft: Draft): Problem[] {
  const { ingressNode } = draft.traefik.values;
  if (ingressNode === undefined || !allKnown(draft, "name")) return [];
  const names = draft.nodes.map((node) => node.values.name ?? "");
  if (names.includes(ingressNode)) return [];
  const hint = didYouMean(ingressNode, names) || `; the nodes are ${listWords(names, "and")}`;
  return [{ path: `${draft.traefik.path}.ingressNode`, message: `${show(ingressNode)} is no node${hint}` }];
}

/** It would be drained of the ingress that is pinned to it. */
function ingressNodeStays(draft: Draft): Problem[] {
  const { ingressNode } = draft.traefik.values;
  const chosen = draft.nodes.find(({ values }) => values.name !== undefined && values.name === ingressNode);
  if (chosen?.values.retiring !== true) return [];
  return [
    {
      path: `${draft.traefik.path}.ingressNode`,
      message: `${show(ingressNode)} is retiring; name a node that stays`,
    },
  ];
}

function ingressNodeOpen(draft: Draft): Problem[] {
  if (!controlPlanesClosed(draft) || !allKnown(draft, "name", "role") || draft.traefik.bad.has("ingressNode"))
    return [];
  const nodes = draft.nodes.map((node) => ({
    node,
    role: node.values.role ?? "worker",
    retiring: node.values.retiring,
  }));
  const { ingressNode } = draft.traefik.values;
  const chosen =
    ingressNode === undefined
      ? defaultIngressNode(nodes)
      : nodes.find(({ node }) => node.values.name === ingressNode);
  if (chosen?.role !== "controlplane") return [];
  const found =
    ingressNode === undefined
      ? `there is no worker, so Traefik would run on ${nodeName(chosen.node)}, a control plane`
      : `${show(ingressNode)} is a control plane`;
  return [
    {
      path: `${draft.traefik.path}.ingressNode`,
      message: `${found} that no workload may run on; name a worker or set ${draft.cluster.path}.allowSchedulingOnControlPlanes to true`,
    },
  ];
}

/** Let's Encrypt's own list (boulder, policy.ValidEmail); it refuses the account, and no certificate ever comes. */
const FORBIDDEN_DOMAINS = ["example.com", "example.net", "example.org"];

function acmeEmailReal(draft: Draft): Problem[] {
  const { acme } = draft.traefik.values;
  const domain = acme?.email.split("@")[1]?.toLowerCase() ?? "";
  if (acme?.caServer !== "production" || !FORBIDDEN_DOMAINS.includes(domain)) return [];
  return [
    {
      path: `${draft.traefik.path}.acme.email`,
      message: `${show(acme.email)} is refused by Let's Encrypt, which takes no address at ${domain}; give one of yours`,
    },
  ];
}

function traefikSupported(draft: Draft): Problem[] {
  const { version } = draft.traefik.values;
  if (version === undefined || TRAEFIK_CHARTS.includes(version)) return [];
  const supported = TRAEFIK_CHARTS.length === 1 ? "supported is" : "supported are";
  return [
    {
      path: `${draft.traefik.path}.version`,
      message: `"${version}" is not supported; ${supported} ${listWords(TRAEFIK_CHARTS, "and")}`,
    },
  ];
}

export const INGRESS_RULES: readonly Rule[] = [
  { id: "ingress-node-exists", check: ingressNodeExists },
  { id: "ingress-node-stays", check: ingressNodeStays },
  { id: "ingress-node-open", check: ingressNodeOpen },
  { id: "acme-email-real", check: acmeEmailReal },
  { id: "traefik-supported", check: traefikSupported },
];
