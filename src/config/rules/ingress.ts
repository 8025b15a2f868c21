/** Traefik: a node that it can run on, and an account that the certificate authority takes. */
import { defaultIngressNode } from "../derive.ts";
import type { Draft } from "../draft.ts";
import { listWords, show, type Problem } from "../problem.ts";
import { didYouMean } from "../suggest.ts";
import { isLetsEncrypt } from "../schema/traefik.ts";
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

/**
 * Reserved for documentation (RFC 2606). Let's Encrypt, staging as well, refuses the first three (boulder, policy/pa.go,
 * ValidEmail), and the account with them: no certificate ever comes.
 */
const EXAMPLE_DOMAINS = ["example.com", "example.net", "example.org"];
/** Ends of names that are no public ones (RFC 2606, 6761, 6762, 7686, 9476 and habit): refused there by the same check. */
const NOT_PUBLIC =
  "alt corp domain example home internal intranet invalid lan local localdomain localhost onion private test".split(
    " ",
  );

function reservedDomain(domain: string): string | undefined {
  const example = EXAMPLE_DOMAINS.find((name) => domain === name || domain.endsWith(`.${name}`));
  const end = domain.split(".").at(-1) ?? "";
  return example ?? (NOT_PUBLIC.includes(end) ? `.${end}` : undefined);
}

function acmeEmailReal(draft: Draft): Problem[] {
  const { acme } = draft.traefik.values;
  if (acme?.email === undefined || !isLetsEncrypt(acme.caServer)) return [];
  const reserved = reservedDomain(acme.email.split("@").at(-1)?.toLowerCase() ?? "");
  if (reserved === undefined) return [];
  return [
    {
      path: `${draft.traefik.path}.acme.email`,
      message: `${show(acme.email)} is refused by Let's Encrypt, which takes no address at ${reserved}; give one of yours, or leave the key out`,
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
