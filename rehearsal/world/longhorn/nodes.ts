/** What Longhorn needs of a node, with the errors that its absence is known by, and the disk that its data path really means. */
import { ISCSI_TOOLS, UTIL_LINUX_TOOLS } from "../factory/extensions.ts";
import { daemonNodes } from "../kubernetes/pods/scheduling.ts";
import type { Cluster } from "../kubernetes/cluster.ts";
import { sharedMountError, relativeTo } from "../kubernetes/pods/mounts.ts";
import type { PodSpec } from "../kubernetes/pods/spec.ts";
import type { KubernetesNode } from "../kubernetes/state.ts";
import type { LonghornState } from "./state.ts";
import type { HostPath, NodeHost } from "../talos/contract.ts";
import { readValues, systemTolerates, type LonghornValues } from "./chart/values.ts";

/** The DaemonSet's pod (chart templates/daemonset-sa.yaml), as far as admission and scheduling look at it. */
export function managerPod(
  values: Pick<LonghornValues, "managerTolerations" | "managerNodeSelector">,
): PodSpec {
  const hostPaths = {
    boot: "/boot/",
    dev: "/dev/",
    proc: "/proc/",
    etc: "/etc/",
    longhorn: "/var/lib/longhorn/",
  };
  return {
    tolerations: values.managerTolerations,
    nodeSelector: values.managerNodeSelector,
    volumes: Object.entries(hostPaths).map(([name, path]) => ({ name, hostPath: { path } })),
    containers: [{ name: "longhorn-manager", securityContext: { privileged: true } }],
  };
}

export function managerNodes(cluster: Cluster, values: LonghornValues): KubernetesNode[] {
  return daemonNodes(cluster, managerPod(values));
}

/**
 * Why longhorn-manager does not run on this node.
 * - Without iscsid there is no process whose namespace iscsiadm could be run in (longhorn-manager app/daemon.go, environmentCheck).
 * - Without the rshared kubelet mount of the data path nothing that is mounted below it reaches the pods (Longhorn docs,
 *   Talos Linux Support: Data Path Mounts; wording of containerd's ensureShared).
 */
export function managerProblem(host: NodeHost, dataPath: string): string | undefined {
  if (!host.isUp()) return "node is down";
  if (!host.extensions().includes(ISCSI_TOOLS)) {
    return (
      'level=fatal msg="Error starting manager: failed to check environment, please make sure you have iscsiadm/open-iscsi installed on the host: ' +
      "failed to execute: /usr/bin/nsenter [nsenter --mount=/host/proc/1/ns/mnt --net=/host/proc/1/ns/net iscsiadm --version], output , " +
      'stderr nsenter: failed to execute iscsiadm: No such file or directory\\n: exit status 127"'
    );
  }
  const shared = sharedMountError(host, dataPath);
  return shared && `failed to generate container "longhorn-manager" spec: failed to generate spec: ${shared}`;
}

/**
 * What works worse on a node without util-linux-tools: the release comes up all the same, for the manager only checks iscsiadm
 * when it starts; trimming a volume is what fails (Longhorn docs, Talos Linux Support; longhorn#7836 shows the call).
 */
export function trimProblem(host: NodeHost): string | undefined {
  if (!host.isUp() || host.extensions().includes(UTIL_LINUX_TOOLS)) return undefined;
  return (
    "cannot trim volumes: failed to execute: /usr/bin/nsenter [nsenter --mount=/host/proc/1/ns/mnt --net=/host/proc/1/ns/net fstrim], " +
    "output , stderr nsenter: failed to execute fstrim: No such file or directory: exit status 127"
  );
}

/** Pods that the manager makes (instance manager, CSI plugin) tolerate only what the setting taint-toleration says. */
export function systemPodsFit(node: KubernetesNode, settings: Record<string, string>): boolean {
  return node.taints
    .filter((taint) => !taint.startsWith("node.kubernetes.io/"))
    .every((taint) => systemTolerates(settings["taint-toleration"] ?? "", taint));
}

export interface StorageNode {
  node: KubernetesNode;
  host: NodeHost;
  path: string;
  on: HostPath;
}

/** Nodes whose Longhorn disk is ready: the manager runs and the path still leads to the disk that was registered. */
export function storageNodes(cluster: Cluster, longhorn: LonghornState): StorageNode[] {
  return Object.entries(longhorn.disks)
    .flatMap(([name, disk]) => {
      const node = cluster.state.nodes[name];
      if (!node || !systemPodsFit(node, longhorn.settings)) return [];
      const host = cluster.hosts(node.vmId);
      if (managerProblem(host, disk.path) !== undefined) return [];
      const on = host.resolve(disk.path);
      return on.diskId === disk.diskId ? [{ node, host, path: disk.path, on }] : [];
    })
    .sort((a, b) => a.node.name.localeCompare(b.node.name));
}

/** Where in the filesystem's files a path of the data directory is. */
export function fileKey(on: HostPath, dataPath: string, path: string): string {
  return [relativeTo(on.mountPoint, dataPath), path].filter(Boolean).join("/");
}

/** A manager that came up since the release was installed gives its node a disk. */
export function registerNewDisks(cluster: Cluster): void {
  const { longhorn, releases } = cluster.state;
  if (!longhorn || Object.keys(longhorn.disks).length === 0) return; // it never came up
  const release = releases[longhorn.release];
  if (release?.status === "deployed") registerDisks(cluster, longhorn, readValues(release.values));
}

/** The node gets its default disk: once, where the data path leads in the host's mount namespace, and never moved again. */
export function registerDisks(cluster: Cluster, longhorn: LonghornState, values: LonghornValues): void {
  const labelled = longhorn.settings["create-default-disk-labeled-nodes"] === "true";
  for (const node of managerNodes(cluster, values)) {
    const known = longhorn.disks[node.name];
    if (known) continue;
    if (labelled && node.labels["node.longhorn.io/create-default-disk"] !== "true") continue;
    const host = cluster.hosts(node.vmId);
    if (managerProblem(host, longhorn.dataPath) !== undefined) continue;
    const on = host.resolve(longhorn.dataPath);
    on.files[fileKey(on, longhorn.dataPath, "longhorn-disk.cfg")] =
      `{"diskName":"default-disk","diskUUID":"${on.diskId}"}`;
    longhorn.disks[node.name] = { path: longhorn.dataPath, diskId: on.diskId };
    cluster.world.note({
      kind: "object-created",
      subject: node.name,
      severity: on.onSystemDisk ? "catastrophe" : "info",
      text: on.onSystemDisk
        ? `Longhorn on ${node.name} stores its data at ${longhorn.dataPath}, which in the host's mount namespace lies on the system disk`
        : `Longhorn on ${node.name} stores its data at ${longhorn.dataPath}, mounted at ${on.mountPoint}`,
      detail: {
        node: node.name,
        diskId: on.diskId,
        onSystemDisk: on.onSystemDisk,
        mountPoint: on.mountPoint,
      },
    });
  }
}
