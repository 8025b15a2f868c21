/**
 * `talosctl upgrade-k8s`, step by step as the real one does it (talos v1.12.0 pkg/cluster/kubernetes: talos_managed.go, kubelet.go,
 * patch.go): API servers, controller managers, schedulers and kube-proxy, one control plane after the other, then the kubelets one by
 * one. Each step patches a node's machine config, which takes effect without a reboot. What it prints has the real one's shape.
 */
import { machineAt } from "../talos/network.ts";
import { applyConfiguration } from "../talos/apply.ts";
import { settle } from "../talos/cluster.ts";
import { exclusive } from "../talos/lock.ts";
import type { MachineState } from "../state.ts";
import type { Cluster } from "./cluster.ts";
import { DURATIONS } from "./durations.ts";
import { apiServerVersionOn, kubeletVersionOf } from "./kubelet.ts";
import { at, textOf } from "./pods.ts";
import { mainDocument } from "./reach.ts";
import type { KubernetesNode } from "./state.ts";
import { checkPath, lowest, parsePath, UpgradeRefused, type UpgradePath } from "./upgrade-path.ts";

export interface UpgradeOptions {
  from?: string;
  to: string;
  dryRun: boolean;
  prePullImages: boolean;
  upgradeKubelet: boolean;
  /** Without tags. */
  images: Record<"kubelet" | "apiServer" | "controllerManager" | "scheduler" | "proxy", string>;
}

/** Seconds of patience: for a static pod, and for a kubelet (talos_managed.go, checkPodStatus; kubelet.go). */
const POD_PATIENCE = 300;
const KUBELET_PATIENCE = 180;

const SERVICES = [
  { name: "kube-apiserver", key: "apiServer" },
  { name: "kube-controller-manager", key: "controllerManager" },
  { name: "kube-scheduler", key: "scheduler" },
] as const;

interface Upgrade {
  cluster: Cluster;
  options: UpgradeOptions;
  path: UpgradePath;
  log: (line: string) => void;
  signal: AbortSignal;
  controlPlanes: KubernetesNode[];
  workers: KubernetesNode[];
}

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
    const { problem } = await world.machinery.call<{ problem?: string }>("kubernetes.supported", {
      talosVersion: version,
      kubernetesVersion: path.to,
    });
    if (problem) throw new UpgradeRefused(`compatibility check failed on node "${node.address}": ${problem}`);
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

async function updateStaticPod(
  upgrade: Upgrade,
  node: KubernetesNode,
  { name, key }: (typeof SERVICES)[number],
): Promise<void> {
  const { cluster, log, options, path } = upgrade;
  log(` > "${node.address}": starting update`);
  const image = `${options.images[key]}:v${path.to}`;
  const before = imageIn(reach(cluster, node), `cluster.${key}.image`);
  if (before !== image) {
    log(` > update ${name}: ${tagOf(before) || path.from} -> ${path.to}`);
    if (options.dryRun) log(" > skipped in dry-run");
    else await patch(upgrade, node, { cluster: { [key]: { image } } });
  }
  if (options.dryRun) return;
  log(` > "${node.address}": machine configuration patched`);
  log(` > "${node.address}": waiting for ${name} pod update`);
  if (before !== image) {
    await cluster.world.clock.sleep(DURATIONS.apiServerRestart);
    await until(upgrade, POD_PATIENCE, () =>
      (cluster.state.apiUpAt ?? 0) <= cluster.world.clock.now()
        ? undefined
        : `error updating node "${node.address}": context deadline exceeded`,
    );
  }
  log(` < "${node.address}": successfully updated`);
}

async function updateProxy(upgrade: Upgrade): Promise<void> {
  const { log, path, options, controlPlanes } = upgrade;
  log(`updating kube-proxy to version "${path.to}"`);
  for (const node of controlPlanes) {
    log(` > "${node.address}": starting update`);
    if (options.dryRun) log(" > skipped in dry-run");
    else await patch(upgrade, node, { cluster: { proxy: { image: `${options.images.proxy}:v${path.to}` } } });
  }
}

async function updateKubelet(upgrade: Upgrade, node: KubernetesNode): Promise<void> {
  const { cluster, log, options, path } = upgrade;
  const { clock } = cluster.world;
  log(` > "${node.address}": starting update`);
  const image = `${options.images.kubelet}:v${path.to}`;
  const before = imageIn(reach(cluster, node), "machine.kubelet.image");
  if (before !== image) {
    log(` > update kubelet: ${tagOf(before) || path.from} -> ${path.to}`);
    if (options.dryRun) log(" > skipped in dry-run");
    else await patch(upgrade, node, { machine: { kubelet: { image } } });
  }
  if (options.dryRun) return;
  log(` > "${node.address}": machine configuration patched`);
  if (before !== image) log(` > "${node.address}": waiting for kubelet restart`);
  log(` > "${node.address}": waiting for node update`);
  await until(upgrade, KUBELET_PATIENCE, () => {
    const found = cluster.state.nodes[node.name];
    if (!found) return `error updating node "${node.address}": node "${node.address}" not found`;
    const version = kubeletVersionOf(cluster, found);
    if (version !== path.to) {
      return `error updating node "${node.address}": node version mismatch: got "v${version}", expected "v${path.to}"`;
    }
    const up = found.readyAt <= clock.now() && cluster.hosts(found.vmId).isUp();
    return up ? undefined : `error updating node "${node.address}": node is not ready`;
  });
  log(` < "${node.address}": successfully updated`);
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

async function patch(
  { cluster }: Upgrade,
  node: KubernetesNode,
  change: Record<string, unknown>,
): Promise<void> {
  const { world } = cluster;
  await exclusive(world, async () => {
    const machine = reach(cluster, node);
    const { machineConfiguration } = await world.machinery.call<{ machineConfiguration: string }>(
      "config.patch",
      {
        machineConfiguration: machine.machineConfig,
        configPatches: [JSON.stringify(change)],
      },
    );
    await applyConfiguration(world, machine, { machineConfig: machineConfiguration, mode: "no_reboot" });
  });
  await world.clock.sleep(DURATIONS.apiCall);
  await settle(world);
  await world.commit();
}

/** The node's machine, or the error of a Talos API that does not answer. */
function reach({ world, hosts }: Cluster, node: KubernetesNode): MachineState {
  const machine = machineAt(world, node.address);
  if (hosts(node.vmId).isUp() && machine.facts) return machine;
  throw new Error(
    `error updating node "${node.address}": rpc error: code = Unavailable desc = connection refused`,
  );
}

async function until(upgrade: Upgrade, patience: number, problem: () => string | undefined): Promise<void> {
  const { world } = upgrade.cluster;
  const deadline = world.clock.now() + patience;
  for (;;) {
    if (upgrade.signal.aborted) throw new Error("signal: interrupt");
    await settle(world);
    const reason = problem();
    if (reason === undefined) return;
    if (world.clock.now() >= deadline) throw new Error(reason);
    await world.clock.sleep(2);
  }
}

function imageIn({ machineConfig }: MachineState, path: string): string {
  return textOf(at(mainDocument(machineConfig ?? ""), path));
}

function tagOf(image: string): string {
  return (image.split(":")[1] ?? "").replace(/^v/, "");
}

function minorChanges({ from, to }: UpgradePath): boolean {
  return from.split(".")[1] !== to.split(".")[1];
}

function quoted(nodes: KubernetesNode[]): string {
  return `[${nodes.map(({ address }) => `"${address}"`).join(" ")}]`;
}
