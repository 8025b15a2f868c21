/** Pods as the API shows them: Talos's static pods, the DaemonSets that run everywhere, Longhorn's own, and what the charts run. */
import type { Cluster } from "../../world/kubernetes/cluster.ts";
import { apiServerVersionOn } from "../../world/kubernetes/nodes/kubelet.ts";
import type { KubernetesNode, PodState } from "../../world/kubernetes/state.ts";
import { managerNodes } from "../../world/longhorn/nodes.ts";
import { readValues } from "../../world/longhorn/chart/values.ts";
import { isReadyByApi } from "./nodes.ts";
import { resourceVersion, timestamp, uidOf, type ApiObject } from "./objects.ts";

interface PodInput {
  namespace: string;
  name: string;
  node: string;
  owner?: { kind: string; name: string };
  labels?: Record<string, string>;
  containers: { name: string; image: string }[];
  claims?: string[];
  hostNetwork?: boolean;
  phase?: PodState["phase"];
  reason?: string;
  startedAt?: number;
}

export function podViews(cluster: Cluster): ApiObject[] {
  const nodes = Object.values(cluster.state.nodes);
  const inputs = [
    ...nodes.flatMap((node) => [...staticPods(cluster, node), ...daemonPods(cluster, node)]),
    ...longhornPods(cluster),
    ...Object.values(cluster.state.pods).map((pod) => chartPod(cluster, pod)),
  ];
  return inputs.map((input) => podView(cluster, input)).sort((a, b) => compare(keyOf(a), keyOf(b)));
}

/** talos v1.12.0 controllers/k8s/control_plane_static_pod.go: the node itself owns their mirror pods. */
function staticPods(cluster: Cluster, node: KubernetesNode): PodInput[] {
  const member = Object.values(cluster.state.etcd).some(({ vmId }) => vmId === node.vmId);
  if (!node.controlPlane || !member) return [];
  const version = apiServerVersionOn(cluster, node);
  return ["kube-apiserver", "kube-controller-manager", "kube-scheduler"].map((app) => ({
    namespace: "kube-system",
    name: `${app}-${node.name}`,
    node: node.name,
    owner: { kind: "Node", name: node.name },
    labels: { "k8s-app": app, tier: "control-plane" },
    containers: [{ name: app, image: `registry.k8s.io/${app}:v${version}` }],
    hostNetwork: true,
  }));
}

function daemonPods(cluster: Cluster, node: KubernetesNode): PodInput[] {
  const version = cluster.state.kubernetesVersion;
  const suffix = uidOf(cluster, "daemon", node.name).slice(0, 5);
  return [
    { app: "kube-proxy", image: `registry.k8s.io/kube-proxy:v${version}` },
    { app: "kube-flannel", image: "ghcr.io/siderolabs/flannel:v0.27.4" },
  ].map(({ app, image }) => ({
    namespace: "kube-system",
    name: `${app}-${suffix}`,
    node: node.name,
    owner: { kind: "DaemonSet", name: app },
    labels: { "k8s-app": app, tier: "node" },
    containers: [{ name: app, image }],
    hostNetwork: true,
  }));
}

function longhornPods(cluster: Cluster): PodInput[] {
  const { longhorn } = cluster.state;
  if (!longhorn) return [];
  const release = cluster.state.releases[longhorn.release];
  return managerNodes(cluster, readValues(release?.values ?? {})).flatMap(({ name }): PodInput[] => {
    const suffix = uidOf(cluster, "longhorn", name).replaceAll("-", "");
    const pod = { namespace: longhorn.namespace, node: name };
    const tag = `v${longhorn.version}`;
    return [
      {
        ...pod,
        name: `longhorn-manager-${suffix.slice(0, 5)}`,
        owner: { kind: "DaemonSet", name: "longhorn-manager" },
        labels: { app: "longhorn-manager" },
        containers: [{ name: "longhorn-manager", image: `longhornio/longhorn-manager:${tag}` }],
      },
      {
        ...pod,
        name: `instance-manager-${suffix}`,
        owner: { kind: "InstanceManager", name: `instance-manager-${suffix}` },
        labels: { "longhorn.io/component": "instance-manager", "longhorn.io/node": name },
        containers: [{ name: "instance-manager", image: `longhornio/longhorn-instance-manager:${tag}` }],
      },
    ];
  });
}

function chartPod(cluster: Cluster, pod: PodState): PodInput {
  const claims = pod.volumes.flatMap(
    (name) => cluster.state.longhorn?.volumes[name]?.claim.split("/")[1] ?? [],
  );
  const release = pod.release === undefined ? undefined : cluster.state.releases[pod.release];
  const image = release ? `${release.chart}:${release.version}` : "busybox:1.37";
  return {
    namespace: pod.namespace,
    name: pod.name,
    node: pod.node,
    owner: release
      ? { kind: "ReplicaSet", name: pod.name.replace(/-[^-]+$/, "") }
      : { kind: "Job", name: pod.name.replace(/-[^-]+$/, "") },
    labels: release ? { "app.kubernetes.io/name": release.chart } : {},
    containers: [{ name: release?.chart ?? "main", image }],
    claims,
    hostNetwork: pod.hostNetwork,
    phase: pod.phase,
    startedAt: pod.startedAt,
    ...(pod.reason === undefined ? {} : { reason: pod.reason }),
  };
}

function podView(cluster: Cluster, input: PodInput): ApiObject {
  const { namespace, name, owner, labels = {}, containers, claims = [], phase = "running" } = input;
  const node = cluster.state.nodes[input.node];
  const ready = phase === "running" && node !== undefined && isReadyByApi(cluster, node);
  const startedAt = timestamp(input.startedAt ?? 0);
  const mirrored = owner?.kind === "Node" ? { "kubernetes.io/config.mirror": uidOf(cluster, name) } : {};
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace,
      uid: uidOf(cluster, "pod", namespace, name),
      resourceVersion: resourceVersion(cluster),
      creationTimestamp: startedAt,
      labels,
      annotations: mirrored,
      ...(owner
        ? {
            ownerReferences: [
              {
                apiVersion: ownerVersion(owner.kind),
                ...owner,
                uid: uidOf(cluster, owner.kind, owner.name),
                controller: true,
              },
            ],
          }
        : {}),
    },
    spec: {
      ...(input.node ? { nodeName: input.node } : {}),
      ...(input.hostNetwork ? { hostNetwork: true } : {}),
      containers,
      volumes: claims.map((claimName, index) => ({
        name: `claim-${index}`,
        persistentVolumeClaim: { claimName },
      })),
    },
    status: {
      phase: { running: "Running", pending: "Pending", failed: "Failed" }[phase],
      ...(input.reason === undefined ? {} : { message: input.reason }),
      ...(node ? { hostIP: node.address, startTime: startedAt } : {}),
      conditions: [
        {
          type: "PodScheduled",
          status: input.node ? "True" : "False",
          // What keeps it from starting later is in its status alone.
          ...(!input.node && input.reason !== undefined
            ? { reason: "Unschedulable", message: input.reason }
            : {}),
        },
        { type: "Ready", status: ready ? "True" : "False", lastTransitionTime: startedAt },
      ],
      ...(node && phase === "running"
        ? { containerStatuses: containers.map((each) => ({ ...each, ready, restartCount: 0 })) }
        : {}),
    },
  };
}

function ownerVersion(kind: string): string {
  const versions: Record<string, string> = {
    Node: "v1",
    Job: "batch/v1",
    InstanceManager: "longhorn.io/v1beta2",
  };
  return versions[kind] ?? "apps/v1";
}

function keyOf({ metadata: { namespace = "", name } }: ApiObject): string {
  return `${namespace}/${name}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
