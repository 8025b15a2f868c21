/**
 * `talosctl upgrade-k8s`, as the real one does it (talos v1.12.0 pkg/cluster/kubernetes/talos_managed.go): API servers, controller
 * managers, schedulers and kube-proxy, one control plane after the other, then the kubelets one by one. What it prints has the real
 * one's shape.
 */
import { numbersOf } from "../../kernel/versions.ts";
import type { Cluster } from "../cluster.ts";
import { DURATIONS } from "../durations.ts";
import { apiServerVersionOn } from "./kubelet.ts";
import type { KubernetesNode } from "../state.ts";
import { checkPath, lowest, parsePath, UpgradeRefused, type UpgradePath } from "./upgrade-path.ts";
import {
  reach,
  SERVICES,
  updateKubelet,
  updateProxy,
  updateStaticPod,
  type Upgrade,
  type UpgradeOptions,
} from "./upgrade-steps.ts";

export type { UpgradeOptions };

/** Throws `UpgradeRefused` for what was refused before anything moved, any other error for what failed on the way. */
export async function upgradeKubernetes(
  cluster: Cluster,
  options: UpgradeOptions,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const from = options.from ?? detect(cluster, log);
  const path = parsePath(from, options.to);
  checkPath(path);
  const nodes = Object.values(cluster.state.nodes).sort((a, b) => (a.name < b.name ? -1 : 1));
  const upgrade: Upgrade = {
    cluster,
    options,
    path,
    log,
    signal,
    controlPlanes: nodes.filter(({ controlPlane }) => controlPlane),
    workers: options.upgradeKubelet ? nodes.filter(({ controlPlane }) => !controlPlane) : [],
  };
  log(`discovered controlplane nodes ${quoted(upgrade.controlPlanes)}`);
  if (options.upgradeKubelet) log(`discovered worker nodes ${quoted(upgrade.workers)}`);
  await checkCompatibility(upgrade);
  if (minorChanges(path)) {
    log("checking for removed Kubernetes component flags");
    log("checking for removed Kubernetes API resource versions");
  }
  if (options.prePullImages) await prePull(upgrade);

  for (const service of SERVICES) {
    log(`updating "${service.name}" to version "${path.to}"`);
    for (const node of upgrade.controlPlanes) await updateStaticPod(upgrade, node, service);
  }
  await updateProxy(upgrade);
  if (options.upgradeKubelet) {
    log(`updating kubelet to version "${path.to}"`);
    for (const node of [...upgrade.controlPlanes, ...upgrade.workers]) await updateKubelet(upgrade, node);
  }
  syncManifests(upgrade);
}

function detect(cluster: Cluster, log: (line: string) => void): string {
  const versions = Object.values(cluster.state.nodes)
    .filter(({ controlPlane }) => controlPlane)
    .map((node) => apiServerVersionOn(cluster, node));
  const found = lowest([...versions, cluster.state.kubernetesVersion])!;
  log(`automatically detected the lowest Kubernetes version ${found}`);
  return found;
}

async function checkCompatibility({ cluster, path, log, controlPlanes, workers }: Upgrade): Promise<void> {
  const { world } = cluster;
  for (const node of [...controlPlanes, ...workers]) {
    const machine = reach(cluster, node);
    const { version } = machine.image;
    const { refusal } = await world.systems.machinery.call<{ refusal?: string }>("kubernetes.check", {
      talos: version,
      kubernetes: path.to,
    });
    if (refusal) throw new UpgradeRefused(`compatibility check failed on node "${node.address}": ${refusal}`);
    log(
      `> "${node.address}": Talos version ${version.replace(/^v/, "")} is compatible with Kubernetes version ${path.to}`,
    );
  }
}

async function prePull({ cluster, options, path, log, controlPlanes, workers }: Upgrade): Promise<void> {
  const pull = async (node: KubernetesNode, image: string) => {
    log(` > "${node.address}": pre-pulling ${image}:v${path.to}`);
    reach(cluster, node);
    await cluster.world.clock.sleep(DURATIONS.kubernetesImagePull);
  };
  for (const { key } of SERVICES) for (const node of controlPlanes) await pull(node, options.images[key]);
  if (!options.upgradeKubelet) return;
  for (const node of [...controlPlanes, ...workers]) await pull(node, options.images.kubelet);
}

/** The bootstrap manifests that hold a version: of them only kube-proxy's DaemonSet changes from one to the next. */
function syncManifests({ log, options }: Upgrade): void {
  log("updating manifests");
  log(" > processing manifest apps/v1.DaemonSet/kube-system/kube-proxy");
  log(options.dryRun ? " < dry run, change skipped" : " < applied successfully");
  if (options.dryRun) return;
  log("waiting for all manifests to be applied");
  log(" > waiting for apps/v1.DaemonSet/kube-system/kube-proxy");
}

function minorChanges({ from, to }: UpgradePath): boolean {
  return numbersOf(from).minor !== numbersOf(to).minor;
}

function quoted(nodes: KubernetesNode[]): string {
  return `[${nodes.map(({ address }) => `"${address}"`).join(" ")}]`;
}
