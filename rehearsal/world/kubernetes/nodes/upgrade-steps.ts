/**
 * The steps of an upgrade of Kubernetes (talos v1.12.0 pkg/cluster/kubernetes: talos_managed.go, kubelet.go, patch.go). Each patches a
 * node's machine config, which takes effect without a reboot, and waits until what it changed runs.
 */
import type { MachineState } from "../../talos/state.ts";
import { applyConfiguration } from "../../talos/machine-config/apply.ts";
import { DURATIONS as NODE } from "../../talos/durations.ts";
import { isServing } from "../../talos/control-plane/api-server.ts";
import { machineAt } from "../../talos/network/addresses.ts";
import type { Cluster } from "../cluster.ts";
import { DURATIONS } from "../durations.ts";
import { kubeletVersionOf } from "./kubelet.ts";
import { at, textOf } from "../pods/spec.ts";
import { mainDocument } from "../api/reach.ts";
import type { KubernetesNode } from "../state.ts";
import type { UpgradePath } from "./upgrade-path.ts";

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

export const SERVICES = [
  { name: "kube-apiserver", key: "apiServer" },
  { name: "kube-controller-manager", key: "controllerManager" },
  { name: "kube-scheduler", key: "scheduler" },
] as const;

export interface Upgrade {
  cluster: Cluster;
  options: UpgradeOptions;
  path: UpgradePath;
  log: (line: string) => void;
  signal: AbortSignal;
  controlPlanes: KubernetesNode[];
  workers: KubernetesNode[];
}

export async function updateStaticPod(
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
      isServing(cluster.world, cluster.state)
        ? undefined
        : `error updating node "${node.address}": context deadline exceeded`,
    );
  }
  log(` < "${node.address}": successfully updated`);
}

export async function updateProxy(upgrade: Upgrade): Promise<void> {
  const { log, path, options, controlPlanes } = upgrade;
  log(`updating kube-proxy to version "${path.to}"`);
  for (const node of controlPlanes) {
    log(` > "${node.address}": starting update`);
    if (options.dryRun) log(" > skipped in dry-run");
    else await patch(upgrade, node, { cluster: { proxy: { image: `${options.images.proxy}:v${path.to}` } } });
  }
}

export async function updateKubelet(upgrade: Upgrade, node: KubernetesNode): Promise<void> {
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

async function patch(
  { cluster, signal }: Upgrade,
  node: KubernetesNode,
  change: Record<string, unknown>,
): Promise<void> {
  const { world } = cluster;
  const since = world.clock.now();
  if (signal.aborted) throw new Error("signal: interrupt");
  await world.exclusive(async (held) => {
    const machine = reach(cluster, node);
    const { machineConfiguration } = await world.systems.machinery.call<{ machineConfiguration: string }>(
      "config.patch",
      {
        machineConfiguration: machine.machineConfig,
        configPatches: [JSON.stringify(change)],
      },
    );
    await applyConfiguration(held, machine, {
      machineConfig: machineConfiguration,
      mode: "no_reboot",
      since,
    });
  });
  await world.clock.sleep(NODE.immediateConfig);
  await world.commit();
}

/** The node's machine, or the error of a Talos API that does not answer. */
export function reach({ world, hosts }: Cluster, node: KubernetesNode): MachineState {
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
