/**
 * Which Kubernetes runs where. A node's machine config names the image of its kubelet and, on a control plane, of its API server;
 * a config with another one restarts them (talos v1.12.0 controllers/k8s/kubelet_service.go, control_plane_static_pod.go).
 */
import { compareVersions, numbersOf } from "../../kernel/versions.ts";
import { DURATIONS } from "../durations.ts";
import type { Cluster } from "../cluster.ts";
import type { KubernetesNode } from "../state.ts";

/** Nobody knows when: it takes another config. */
const NEVER = Number.MAX_SAFE_INTEGER;

export function kubeletVersionOf({ state }: Cluster, node: KubernetesNode): string {
  return node.kubelet?.version ?? state.kubernetesVersion;
}

export function apiServerVersionOn({ world, state }: Cluster, node: KubernetesNode): string {
  return world.state.machines[node.vmId]?.facts?.apiServerVersion ?? state.kubernetesVersion;
}

/**
 * Kubernetes's version skew policy (kubernetes.io/releases/version-skew-policy): a kubelet may not be newer than the API server
 * and at most three minor versions older. With several API servers the oldest counts for the one and the newest for the other;
 * here the oldest for both.
 */
export function skewProblem(kubelet: string, apiServer: string): string | undefined {
  const [own, theirs] = [numbersOf(kubelet).minor, numbersOf(apiServer).minor];
  if (own > theirs) return `kubelet v${kubelet} is newer than kube-apiserver v${apiServer}: not supported`;
  if (own < theirs - 3) {
    return `kubelet v${kubelet} is more than three minor versions older than kube-apiserver v${apiServer}: not supported`;
  }
  return undefined;
}

/** Takes up what the machine configs in force say by now. */
export function settleKubelets(cluster: Cluster): void {
  settleApiServers(cluster);
  const { world, state } = cluster;
  const now = world.clock.now();
  for (const node of Object.values(state.nodes)) {
    const machine = world.state.machines[node.vmId];
    if (!machine?.facts || !cluster.hosts(node.vmId).isUp()) continue;
    const { kubernetesVersion: wanted } = machine.facts;
    const before = node.kubelet?.version;
    const skew = skewProblem(wanted, state.kubernetesVersion);
    if (before !== wanted || node.kubelet?.skew !== skew) {
      const known = before !== undefined;
      node.kubelet = { version: wanted, ...(skew === undefined ? {} : { skew }) };
      if (known) restart(cluster, node, before, now);
    }
    if (skew !== undefined) node.readyAt = NEVER;
    if (node.readyAt <= now) {
      const { bootId, image } = machine;
      node.report = { bootId, talosVersion: image.version, schematicId: image.schematicId };
    }
  }
}

function restart({ world }: Cluster, node: KubernetesNode, before: string, now: number): void {
  const { version, skew } = node.kubelet!;
  node.readyAt =
    skew === undefined
      ? Math.max(node.readyAt === NEVER ? 0 : node.readyAt, now + DURATIONS.kubeletRestart)
      : NEVER;
  world.note({
    kind: "kubelet-restarted",
    subject: node.name,
    severity: skew === undefined ? "info" : "warning",
    text:
      before === version && skew === undefined
        ? `the kubelet of ${node.name} works with its API server again`
        : `the kubelet of ${node.name} is v${version} now, after v${before}${skew === undefined ? "" : `: ${skew}`}`,
    detail: { node: node.name, from: before, to: version, readyAt: node.readyAt },
  });
}

/** The cluster's version is that of its oldest API server. A lone one that restarts is away meanwhile. */
function settleApiServers(cluster: Cluster): void {
  const { world, state } = cluster;
  const members = Object.values(state.etcd).flatMap(({ vmId }) =>
    cluster.hosts(vmId).isUp() ? (world.state.machines[vmId]?.facts?.apiServerVersion ?? []) : [],
  );
  const [oldest] = members.sort(compareVersions);
  if (oldest === undefined || oldest === state.kubernetesVersion) return;
  const before = state.kubernetesVersion;
  state.kubernetesVersion = oldest;
  if (Object.keys(state.etcd).length === 1) {
    state.apiUpAt = Math.max(state.apiUpAt ?? 0, world.clock.now() + DURATIONS.apiServerRestart);
  }
  world.note({
    kind: "kubernetes-upgraded",
    subject: state.name,
    text: `cluster ${state.name} runs Kubernetes v${oldest}, after v${before}`,
    detail: { clusterId: state.id, from: before, to: oldest },
  });
}
