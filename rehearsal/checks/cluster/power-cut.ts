/** What no run shows: all hosts lose power, in a copied world, and come back with whatever starts by itself. */
import { type Evidence, verdict } from "../check.ts";
import { theCluster } from "./nodes.ts";
import { copyOfWorld, passTime } from "../copy.ts";
import { start } from "../../world/proxmox/qemu/power.ts";
import type { VmState } from "../../world/proxmox/state.ts";
import { clusterOf, readyNodes } from "../../world/kubernetes/cluster.ts";

/** Simulated seconds that a cluster may take to be Ready again after its hosts are. */
const PATIENCE = 1800;

export async function survivesPowerCut(evidence: Evidence) {
  const { config, world } = evidence;
  const cluster = theCluster(evidence);
  if (!cluster) return undefined;
  const wasReady = new Set(readyNodes(cluster).map(({ name }) => name));
  const copy = copyOfWorld(world);
  const { hosts, vms } = copy.state.proxmox;
  const machines = config.nodes
    .flatMap(({ vmId }) => vms[vmId] ?? [])
    .filter(({ host }) => !hosts[host]?.off);
  for (const vm of machines.filter(({ power }) => power === "running")) {
    await copy.systems.lifecycle.powerOff(copy, vm.vmId, "stop");
    vm.power = "stopped";
  }
  // Hosts start what is to start on boot, by its order (pve-manager: PVE/API2/Nodes.pm, startall).
  const starting = machines.filter((vm) => Number(vm.config["onboot"] ?? 0) === 1);
  for (const vm of starting.sort((a, b) => orderOf(a) - orderOf(b))) {
    await start(copy, vm.host, vm.vmId).run();
  }
  await passTime(copy, PATIENCE);
  const ready = new Set(readyNodes(clusterOf(copy, cluster.state.id)).map(({ name }) => name));
  const causes = config.nodes
    .filter(({ name }) => wasReady.has(name) && !ready.has(name))
    .map(({ name, vmId, host }) =>
      vms[vmId]?.power === "running"
        ? `${name} is not Ready half an hour after a power cut of its host`
        : `${name} does not start when ${host} comes back from a power cut: its VM is not to start on boot`,
    );
  return verdict("power-cut", causes, "every node is Ready again after all hosts lost their power");
}

function orderOf(vm: VmState): number {
  return Number(/order=(\d+)/.exec(String(vm.config["startup"] ?? ""))?.[1] ?? Infinity);
}
