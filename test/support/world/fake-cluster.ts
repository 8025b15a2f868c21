/** A small cluster with nodes that are what a test says they are, and a clock that needs no time. */
import { InstantClock } from "../../../rehearsal/world/kernel/clock.ts";
import type { Cluster } from "../../../rehearsal/world/kubernetes/cluster.ts";
import type { ClusterState } from "../../../rehearsal/world/kubernetes/state.ts";
import type { HostPath, NodeHost } from "../../../rehearsal/world/talos/contract.ts";
import { nodeWorkloads } from "../../../rehearsal/world/kubernetes/nodes/workloads.ts";
import { kubernetesProcess } from "../../../rehearsal/world/kubernetes/process.ts";
import { talosProcess } from "../../../rehearsal/world/talos/process.ts";
import { testWorld } from "./world.ts";

export const GIB = 1024 ** 3;

export interface FakeNode {
  name: string;
  vmId: number;
  controlPlane?: boolean;
  taints?: string[];
  extensions?: string[];
  /** Propagation of the kubelet's mount of /var/mnt/longhorn; absent: it has none. */
  propagation?: string;
  /** False while the user volume waits. */
  mounted?: boolean;
  dataGiB?: number;
}

export class FakeHost implements NodeHost {
  readonly vmId: number;
  readonly name: string;
  up = true;
  mounted: boolean;
  propagation: string | undefined;
  installed: string[];
  readonly iscsi: { name: string; sizeBytes: number }[] = [];
  data: HostPath;
  readonly ephemeral: HostPath;

  constructor(node: FakeNode) {
    this.vmId = node.vmId;
    this.name = node.name;
    this.mounted = node.mounted ?? true;
    this.propagation = "propagation" in node ? node.propagation : "rshared";
    this.installed = node.extensions ?? ["siderolabs/iscsi-tools", "siderolabs/util-linux-tools"];
    this.data = {
      diskId: `data-${node.vmId}`,
      onSystemDisk: false,
      sizeBytes: (node.dataGiB ?? 40) * GIB,
      filesystem: "xfs",
      mountPoint: "/var/mnt/longhorn",
      files: {},
    };
    this.ephemeral = {
      diskId: `os-${node.vmId}`,
      onSystemDisk: true,
      sizeBytes: 30 * GIB,
      filesystem: "xfs",
      mountPoint: "/var",
      files: {},
    };
  }

  isUp(): boolean {
    return this.up;
  }
  extensions(): string[] {
    return this.installed;
  }
  resolve(path: string): HostPath {
    return this.mounted && `${path}/`.startsWith("/var/mnt/longhorn/") ? this.data : this.ephemeral;
  }
  directories(): string[] {
    return ["/var/mnt/longhorn"];
  }
  kubeletMount(path: string): ReturnType<NodeHost["kubeletMount"]> {
    const destinations = ["/var/mnt/longhorn", "/var/lib/longhorn"];
    const destination = destinations.find((each) => `${path}/`.startsWith(`${each}/`));
    if (!destination || this.propagation === undefined) return undefined;
    return { destination, source: "/var/mnt/longhorn", propagation: this.propagation, readonly: false };
  }
  attachIscsi(volume: { name: string; sizeBytes: number }): void {
    this.iscsi.push(volume);
  }
  detachIscsi(name: string): void {
    this.iscsi.splice(0, this.iscsi.length, ...this.iscsi.filter((each) => each.name !== name));
  }
}

export interface FakeCluster extends Cluster {
  host(name: string): FakeHost;
}

export const LAB: FakeNode[] = [
  { name: "cp-1", vmId: 101, controlPlane: true },
  { name: "worker-1", vmId: 102 },
];

export function fakeCluster(nodes: FakeNode[] = LAB): FakeCluster {
  const hosts = new Map(nodes.map((node) => [node.vmId, new FakeHost(node)]));
  const state: ClusterState = {
    id: "cluster-1",
    name: "lab",
    etcd: Object.fromEntries(
      nodes
        .filter((node) => node.controlPlane)
        .map((node) => [`m${node.vmId}`, { vmId: node.vmId, joinedAt: 0 }]),
    ),
    kubernetesVersion: "1.35.0",
    bootstrappedAt: 0,
    apiUpAt: 0,
    nodes: Object.fromEntries(
      nodes.map((node) => [
        node.name,
        {
          name: node.name,
          vmId: node.vmId,
          address: `192.168.1.${node.vmId}`,
          controlPlane: node.controlPlane ?? false,
          labels: { "kubernetes.io/hostname": node.name },
          taints: node.taints ?? [],
          unschedulable: false,
          readyAt: 0,
        },
      ]),
    ),
    namespaces: {},
    releases: {},
    objects: {},
    pods: {},
  };
  const find = (vmId: number) => {
    const host = hosts.get(vmId);
    if (!host) throw new Error(`no fake host ${vmId}`);
    return host;
  };
  const world = testWorld(
    { stack: "lab", clusters: { [state.id]: state } },
    {
      clock: new InstantClock(1000),
      workloads: nodeWorkloads(() => find),
      processes: [talosProcess, kubernetesProcess(() => find)],
    },
  );
  return {
    world,
    state,
    hosts: find,
    host: (name) => find(nodes.find((node) => node.name === name)?.vmId ?? -1),
  };
}

export function privileged(cluster: Cluster, ...names: string[]): void {
  for (const name of names) {
    cluster.state.namespaces[name] = {
      labels: { "pod-security.kubernetes.io/enforce": "privileged" },
      createdAt: 0,
    };
  }
}

/** Notes with words in them, for assertions on the record. */
export function notes(cluster: Cluster, kind: string): string[] {
  return cluster.world.state.events.filter((event) => event.kind === kind).map((event) => event.text);
}

export const LONGHORN = {
  namespace: "longhorn-system",
  name: "longhorn",
  chart: "longhorn",
  version: "1.12.1",
  repository: "https://charts.longhorn.io",
};

export const LONGHORN_VALUES = {
  persistence: { defaultClassReplicaCount: 2 },
  defaultSettings: {
    defaultDataPath: "/var/mnt/longhorn",
    defaultReplicaCount: { v1: "2", v2: "2" },
    replicaSoftAntiAffinity: "false",
  },
};

export const TRAEFIK = {
  namespace: "traefik",
  name: "traefik",
  chart: "traefik",
  version: "41.3.0",
  repository: "https://traefik.github.io/charts",
};

/** The article's mode: root on the host's network, one replica, acme.json on a volume, repaired before each start. */
export const TRAEFIK_VALUES = {
  deployment: {
    replicas: 1,
    dnsPolicy: "ClusterFirstWithHostNet",
    initContainers: [
      {
        name: "repair-acme",
        image: "busybox:1.37",
        command: [
          "sh",
          "-c",
          `set -eu
f=/data/acme.json
if [ -s "$f" ]; then
  content=$(cat "$f")
  case "$content" in "{"*"}") ;; *) mv "$f" "$f.spoilt.$(date +%s)" ;; esac
fi
if [ -e "$f" ]; then
  chown 0:0 "$f"
  chmod 600 "$f"
fi`,
        ],
        securityContext: {
          runAsUser: 0,
          runAsNonRoot: false,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"], add: ["CHOWN", "FOWNER", "DAC_OVERRIDE"] },
        },
        volumeMounts: [{ name: "data", mountPath: "/data" }],
      },
    ] as unknown[],
  },
  updateStrategy: { type: "Recreate", rollingUpdate: null },
  hostNetwork: true,
  nodeSelector: { "kubernetes.io/hostname": "worker-1" },
  service: { enabled: false },
  ports: {
    web: {
      port: 80,
      containerPort: 80,
      hostPort: 80,
      http: { redirections: { entryPoint: { to: "websecure", scheme: "https", permanent: true } } },
    },
    websecure: {
      port: 443,
      containerPort: 443,
      hostPort: 443,
      http: { tls: { certResolver: "letsencrypt" } },
    },
    metrics: { port: 9101 },
  },
  persistence: { enabled: true, storageClass: "longhorn", size: "128Mi", path: "/data" },
  certificatesResolvers: {
    letsencrypt: {
      acme: { email: "me@your-domain.net", storage: "/data/acme.json", httpChallenge: { entryPoint: "web" } },
    },
  },
  podSecurityContext: { runAsUser: 0, runAsGroup: 0, runAsNonRoot: false },
  securityContext: {
    runAsUser: 0,
    runAsNonRoot: false,
    capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] },
  },
};
