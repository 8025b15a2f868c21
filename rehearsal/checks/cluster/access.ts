/**
 * The files by which people get in, used as they are handed out: each opens this cluster from a workstation, and what it names
 * is there. A wrong one is noticed at home on the day it is needed.
 */
import { parse } from "yaml";
import { readKubeconfig, reach } from "../../world/kubernetes/api/reach.ts";
import { connect } from "../../world/talos/api.ts";
import { verdict, type Evidence } from "../check.ts";
import { theCluster } from "./nodes.ts";
import { copyOfWorld } from "../copy.ts";

export async function accessGranted(evidence: Evidence) {
  if (!theCluster(evidence)) return verdict("access", ["there is no cluster to get into"], "");
  const causes = [...(await kubeconfigProblems(evidence)), ...(await talosconfigProblems(evidence))];
  return verdict(
    "access",
    causes,
    "kubeconfig and talosconfig, as handed out, open this cluster's API and every node's through every endpoint",
  );
}

async function kubeconfigProblems(evidence: Evidence): Promise<string[]> {
  const { world, outputs } = evidence;
  const text = outputs["kubeconfig"]?.value;
  if (typeof text !== "string") return ["the output kubeconfig is missing"];
  const copy = copyOfWorld(world);
  try {
    const opened = await reach(copy, text);
    if (opened.state.id !== theCluster(evidence)?.state.id)
      return [`the output kubeconfig opens another cluster, ${opened.state.name}`];
  } catch (error) {
    return [`the output kubeconfig opens no cluster: ${(error as Error).message}`];
  }
  const { server } = readKubeconfig(text);
  const endpoint = outputs["endpoint"]?.value;
  return server === endpoint
    ? []
    : [`the output kubeconfig names the server ${server}, the output endpoint is ${String(endpoint)}`];
}

interface TalosContext {
  endpoints?: string[];
  nodes?: string[];
  ca?: string;
  crt?: string;
  key?: string;
}

/** The context that a talosconfig has in force (talos pkg/machinery/client/config). */
function contextOf(text: string): TalosContext | undefined {
  const file = parse(text) as { context?: string; contexts?: Record<string, TalosContext> } | null;
  const { context = "", contexts } = file ?? {};
  return contexts && !Array.isArray(contexts) ? contexts[context] : undefined;
}

async function talosconfigProblems({ config, world, outputs }: Evidence): Promise<string[]> {
  const text = outputs["talosconfig"]?.value;
  if (typeof text !== "string") return ["the output talosconfig is missing"];
  let context: TalosContext | undefined;
  try {
    context = contextOf(text);
  } catch {
    return ["the output talosconfig cannot be used: it is no YAML"];
  }
  if (!context) return ["the output talosconfig cannot be used: it has no context that is in force"];
  const { endpoints = [], nodes = [], ca = "", crt = "", key = "" } = context;
  if (endpoints.length === 0) return ["the output talosconfig cannot be used: it names no endpoint"];
  const causes: string[] = [];
  const named = [...nodes].sort().join(", ");
  const there = config.nodes.map(({ address }) => address).sort();
  if (named !== there.join(", "))
    causes.push(
      `the output talosconfig names the nodes ${named || "(none)"}, the cluster has ${there.join(", ")}`,
    );
  const copy = copyOfWorld(world);
  const credentials = { caCertificate: ca, clientCertificate: crt, clientKey: key };
  for (const endpoint of endpoints) {
    for (const node of there) {
      try {
        await connect(copy, { node, endpoint, credentials });
      } catch (error) {
        causes.push(
          `the output talosconfig: ${node} cannot be reached through ${endpoint}: ${(error as Error).message}`,
        );
      }
    }
  }
  return causes;
}
