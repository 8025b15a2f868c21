/**
 * Which node a pod goes to, or why none will do, in the scheduler's words (kubernetes pkg/scheduler/framework/plugins:
 * tainttoleration, nodeaffinity, nodeports, nodeunschedulable).
 */
import { readyNodes, type Cluster } from "../cluster.ts";
import { hostPorts, type NodeSelectorTerm, type PodSpec, type Toleration } from "./spec.ts";
import type { KubernetesNode, PodState } from "../state.ts";
import { parseTaint, tolerates } from "../nodes/taints.ts";

export type Scheduled = { node: KubernetesNode } | { reason: string };

export interface Placement {
  /** Pods that are about to go and no longer count. */
  without?: (pod: PodState) => boolean;
  /** Node names that a pod may not go to because one of its kind is there (required anti-affinity on the hostname). */
  avoid?: string[];
  /** Node names that are preferred, e.g. where its volume is attached. */
  prefer?: string[];
}

export function schedule(cluster: Cluster, pod: PodSpec, placement: Placement = {}): Scheduled {
  const nodes = Object.values(cluster.state.nodes);
  const ready = new Set(readyNodes(cluster).map((node) => node.name));
  const reasons = new Map<string, number>();
  const fitting: KubernetesNode[] = [];

  for (const node of nodes) {
    const reason = unfit(cluster, pod, node, ready.has(node.name), placement);
    if (reason) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    else fitting.push(node);
  }
  fitting.sort(
    (a, b) => score(cluster, b, placement) - score(cluster, a, placement) || a.name.localeCompare(b.name),
  );
  const [node] = fitting;
  if (node) return { node };
  const told = [...reasons].sort(([a], [b]) => a.localeCompare(b)).map(([why, count]) => `${count} ${why}`);
  return { reason: `0/${nodes.length} nodes are available: ${told.join(", ") || "no nodes"}.` };
}

/** Nodes that a DaemonSet runs on; its pods tolerate not-ready and unschedulable nodes. */
export function daemonNodes(cluster: Cluster, pod: PodSpec): KubernetesNode[] {
  return readyNodes(cluster).filter(
    (node) => !untolerated(node, pod.tolerations ?? [], true) && matches(pod, node),
  );
}

function unfit(
  cluster: Cluster,
  pod: PodSpec,
  node: KubernetesNode,
  ready: boolean,
  placement: Placement,
): string | undefined {
  // A pod that names its node passes the scheduler by; its kubelet must still be there and the ports be free.
  if (pod.nodeName && pod.nodeName !== node.name) return "node(s) didn't match the requested node name";
  if (!ready) return "node(s) had untolerated taint {node.kubernetes.io/not-ready: }";
  const declined = pod.nodeName ? undefined : declines(pod, node, placement);
  if (declined) return declined;
  const wanted = hostPorts(pod);
  const taken = Object.values(cluster.state.pods)
    .filter((other) => other.node === node.name && other.phase !== "failed" && !placement.without?.(other))
    .flatMap((other) => other.hostPorts);
  if (wanted.some((port) => taken.includes(port))) {
    return "node(s) didn't have free ports for the requested pod ports";
  }
  return undefined;
}

function declines(pod: PodSpec, node: KubernetesNode, placement: Placement): string | undefined {
  if (node.unschedulable) return "node(s) were unschedulable";
  const taint = untolerated(node, pod.tolerations ?? [], false);
  if (taint) return `node(s) had untolerated taint {${taint}}`;
  if (!matches(pod, node)) return "node(s) didn't match Pod's node affinity/selector";
  if (placement.avoid?.includes(node.name)) return "node(s) didn't match pod anti-affinity rules";
  return undefined;
}

function score(cluster: Cluster, node: KubernetesNode, placement: Placement): number {
  const running = Object.values(cluster.state.pods).filter((pod) => pod.node === node.name).length;
  return (placement.prefer?.includes(node.name) ? 1000 : 0) - running;
}

function matches(pod: PodSpec, node: KubernetesNode): boolean {
  const labels: Record<string, string> = { "kubernetes.io/hostname": node.name, ...node.labels };
  const selector = Object.entries(pod.nodeSelector ?? {});
  if (!selector.every(([key, value]) => labels[key] === String(value))) return false;
  const terms =
    pod.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ??
    undefined;
  return terms === undefined || terms.some((term) => termMatches(term, labels, node.name));
}

function termMatches(term: NodeSelectorTerm, labels: Record<string, string>, name: string): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length + fields.length === 0) return false; // an empty term matches nothing
  return (
    expressions.every((expression) => expressionMatches(expression, labels[expression.key])) &&
    fields.every((field) => field.key === "metadata.name" && expressionMatches(field, name))
  );
}

function expressionMatches(
  { operator, values = [] }: { operator: string; values?: string[] },
  found: string | undefined,
): boolean {
  switch (operator) {
    case "In":
      return found !== undefined && values.includes(found);
    case "NotIn":
      return found === undefined || !values.includes(found);
    case "Exists":
      return found !== undefined;
    case "DoesNotExist":
      return found === undefined;
    case "Gt":
      return found !== undefined && Number(found) > Number(values[0]);
    case "Lt":
      return found !== undefined && Number(found) < Number(values[0]);
    default:
      return false;
  }
}

/** The first taint that keeps the pod away, written `key: value`. */
function untolerated(node: KubernetesNode, tolerations: Toleration[], daemon: boolean): string | undefined {
  const taint = node.taints
    .map(parseTaint)
    .filter(
      ({ key, effect }) =>
        effect !== "PreferNoSchedule" && !(daemon && key.startsWith("node.kubernetes.io/")),
    )
    .find((each) => !tolerations.some((toleration) => tolerates(toleration, each)));
  return taint && `${taint.key}: ${taint.value ?? ""}`;
}
