/** Nodes as the API shows them (k8s.io/api/core/v1, Node). */
import type { Cluster } from "../../world/kubernetes/cluster.ts";
import { kubeletVersionOf } from "../../world/kubernetes/nodes/kubelet.ts";
import type { KubernetesNode } from "../../world/kubernetes/state.ts";
import { resourceVersion, timestamp, uidOf, type ApiObject } from "./objects.ts";
import { parseTaint, type Taint } from "../../world/kubernetes/nodes/taints.ts";

/** Seconds without a word from its kubelet after which a node is called NotReady (--node-monitor-grace-period, 50 s since 1.32). */
export const MONITOR_GRACE = 50;
/** Talos v1.12's own, per its constants; only what a reader could go by is the same for every version. */
const KERNEL = "6.18.1-talos";
const CONTAINER_RUNTIME = "containerd://2.1.6";

export function nodeView(cluster: Cluster, node: KubernetesNode): ApiObject {
  const machine = cluster.world.state.machines[node.vmId];
  const taints = [...node.taints.map(parseTaint), ...conditionTaints(cluster, node)];
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: node.name,
      uid: uidOf(cluster, "node", node.name),
      resourceVersion: resourceVersion(cluster),
      creationTimestamp: timestamp(0),
      labels: {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        ...node.labels,
      },
      annotations: {
        ...annotationsOf(node.report?.schematicId ?? machine?.image.schematicId),
        ...(node.cordonedByTalos ? { "talos.dev/cordoned": "true" } : {}),
      },
    },
    spec: {
      podCIDR: `10.244.${Object.keys(cluster.state.nodes).indexOf(node.name)}.0/24`,
      ...(node.unschedulable ? { unschedulable: true } : {}),
      ...(taints.length > 0 ? { taints } : {}),
    },
    status: {
      addresses: [
        { type: "InternalIP", address: node.address },
        { type: "Hostname", address: node.name },
      ],
      conditions: [
        ...["MemoryPressure", "DiskPressure", "PIDPressure"].map((type) => pressure(cluster, node, type)),
        readyCondition(cluster, node),
      ],
      nodeInfo: {
        architecture: machine?.image.arch ?? "amd64",
        // A machine that is down is described as it was last seen; its next report replaces that.
        bootID: node.report?.bootId ?? machine?.bootId ?? "",
        containerRuntimeVersion: CONTAINER_RUNTIME,
        kernelVersion: KERNEL,
        kubeProxyVersion: "",
        kubeletVersion: `v${kubeletVersionOf(cluster, node)}`,
        machineID: uidOf(cluster, "machine", node.vmId).replaceAll("-", ""),
        operatingSystem: "linux",
        osImage: `Talos (${node.report?.talosVersion ?? machine?.image.version ?? "unknown"})`,
        systemUUID: uidOf(cluster, "system", node.vmId),
      },
    },
  };
}

/** An extension whose version is no label value is told in an annotation: a schematic's id has 64 characters (talos node_label_spec.go). */
function annotationsOf(schematicId: string | undefined): Record<string, string> {
  return {
    "node.alpha.kubernetes.io/ttl": "0",
    "volumes.kubernetes.io/controller-managed-attach-detach": "true",
    ...(schematicId === undefined ? {} : { "extensions.talos.dev/schematic": schematicId }),
  };
}

interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  reason: string;
  message: string;
  lastHeartbeatTime: string;
  lastTransitionTime: string;
}

/**
 * A node that went down stays Ready until its kubelet has been silent for the grace period; whoever looks only at this condition
 * is told the past (kube-controller-manager, node lifecycle controller).
 */
function readyCondition(cluster: Cluster, node: KubernetesNode): Condition {
  const { world } = cluster;
  const now = world.clock.now();
  const up = cluster.hosts(node.vmId).isUp();
  const condition = (
    status: Condition["status"],
    reason: string,
    message: string,
    since: number,
  ): Condition => ({
    type: "Ready",
    status,
    reason,
    message,
    lastHeartbeatTime: timestamp(up ? now : (node.downSince ?? now)),
    lastTransitionTime: timestamp(since),
  });
  const ready = condition("True", "KubeletReady", "kubelet is posting ready status", node.readyAt);
  if (!up) {
    const silent = node.downSince === undefined ? Infinity : now - node.downSince;
    if (silent < MONITOR_GRACE) return ready;
    const since = (node.downSince ?? 0) + MONITOR_GRACE;
    return condition("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.", since);
  }
  const problem = node.kubelet?.skew;
  if (problem !== undefined) return condition("False", "KubeletNotReady", problem, now);
  if (node.readyAt <= now) return ready;
  const message =
    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized";
  return condition("False", "KubeletNotReady", message, now);
}

export function isReadyByApi(cluster: Cluster, node: KubernetesNode): boolean {
  return readyCondition(cluster, node).status === "True";
}

function pressure(cluster: Cluster, node: KubernetesNode, type: string): Condition {
  const ready = readyCondition(cluster, node);
  const unknown = ready.status === "Unknown";
  const name = { MemoryPressure: "Memory", DiskPressure: "Disk", PIDPressure: "PID" }[type] ?? type;
  return {
    ...ready,
    type,
    status: unknown ? "Unknown" : "False",
    reason: unknown ? "NodeStatusUnknown" : `KubeletHasSufficient${name}`,
    message: unknown ? ready.message : `kubelet has sufficient ${name.toLowerCase()} available`,
  };
}

/** What the node lifecycle controller adds (kubernetes.io docs: taints and tolerations, taint nodes by condition). */
function conditionTaints(cluster: Cluster, node: KubernetesNode): Taint[] {
  const { status } = readyCondition(cluster, node);
  const taints: Taint[] = [];
  if (node.unschedulable) taints.push({ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" });
  if (status !== "True") {
    const key = `node.kubernetes.io/${status === "Unknown" ? "unreachable" : "not-ready"}`;
    taints.push({ key, effect: "NoSchedule" }, { key, effect: "NoExecute" });
  }
  return taints;
}
