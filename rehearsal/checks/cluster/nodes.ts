/** Talos and Kubernetes: one cluster, started once, all of it there. */
import { type Evidence, verdict } from "../check.ts";
import { clusterOf, readyNodes, type Cluster } from "../../world/kubernetes/cluster.ts";
import { whyNoBoot } from "../../world/talos/machined/board.ts";
import { apiServerFor } from "../../world/talos/control-plane/api-server.ts";
import { DURATIONS } from "../../world/talos/durations.ts";
import { hostOf } from "../../world/talos/host.ts";
import { quorum } from "../../world/talos/etcd/members.ts";
import { bootDisk } from "../../world/talos/disks/boot-disk.ts";
import { interfacesOf } from "../../world/talos/network/hardware.ts";
import { onNetwork } from "../../world/talos/network/addresses.ts";
import type { World } from "../../world/kernel/world.ts";

/** The environment's cluster: the one that its machines are in. */
export function theCluster({ config, world }: Pick<Evidence, "config" | "world">): Cluster | undefined {
  const ids = config.nodes.map((node) => world.state.machines[node.vmId]?.facts?.clusterId);
  const id = ids.find((each) => each !== undefined && each in world.state.clusters);
  return id === undefined ? undefined : clusterOf(world, id, (vmId) => hostOf(world, vmId));
}

/** Of the cluster that the machines are in now. One that was destroyed before had its own. */
function bootstraps({ config, world }: Evidence): number {
  const now = new Set(config.nodes.map(({ vmId }) => world.state.machines[vmId]?.facts?.clusterId));
  return world.state.events.filter(
    ({ kind, detail }) => kind === "bootstrap" && now.has(detail?.["secrets"] as string),
  ).length;
}

export function bootstrappedOnce(evidence: Evidence) {
  const { world } = evidence;
  const count = bootstraps(evidence);
  const clusters = Object.values(world.state.clusters).filter(
    (each) => each.bootstrappedAt !== undefined,
  ).length;
  const causes: string[] = [];
  if (clusters !== 1) causes.push(`there are ${clusters} bootstrapped clusters instead of one`);
  else if (count > 1) causes.push(`etcd was bootstrapped ${count} times`);
  const cluster = theCluster(evidence);
  if (cluster && !quorum(world, cluster.state)) causes.push("etcd has no quorum");
  const members = cluster ? Object.keys(cluster.state.etcd).length : 0;
  const wanted = evidence.config.nodes.filter(({ role }) => role === "controlplane").length;
  if (members !== wanted) causes.push(`etcd has ${members} members, not ${wanted}`);
  return verdict("etcd", causes, `bootstrapped once, ${members} of ${wanted} members, quorum kept`);
}

/**
 * Running nodes get a changed config one after the other: the next is not touched before the one before has taken its
 * config over (or has rebooted with it and is Ready again).
 */
export function oneNodeAtATime({ world, eventsBefore }: Evidence) {
  const events = world.state.events.slice(eventsBefore);
  const changes = events.filter(
    ({ kind, detail }) =>
      kind === "config-applied" && detail?.["how"] !== "first" && detail?.["changed"] === true,
  );
  const causes = changes.flatMap((event, index) => {
    const before = changes[index - 1];
    if (!before) return [];
    const ready = events.find(
      (each) => each.at > before.at && each.kind === "node-ready" && each.subject === before.subject,
    );
    const settled =
      before.detail?.["how"] === "reboot" ? (ready?.at ?? Infinity) : before.at + DURATIONS.immediateConfig;
    return Number(event.detail?.["since"]) >= settled
      ? []
      : [`${event.subject} was given a changed config before ${before.subject} had taken over its own`];
  });
  const proof =
    changes.length === 0
      ? "no running node's config changed in this run"
      : `${changes.length} nodes were changed one after the other`;
  return verdict("one-at-a-time", causes, proof);
}

export function nodesReady(evidence: Evidence) {
  const cluster = theCluster(evidence);
  const ready = new Set(cluster ? readyNodes(cluster).map(({ name }) => name) : []);
  const causes = evidence.config.nodes
    .filter(({ name }) => !ready.has(name))
    .map(({ name, vmId }) => {
      const why = whyNotReady(evidence.world, vmId);
      return `${name} is not Ready in Kubernetes${why ? `: ${why}` : ""}`;
    });
  const known = Object.keys(cluster?.state.nodes ?? {});
  const names = new Set(evidence.config.nodes.map(({ name }) => name));
  causes.push(
    ...known.filter((name) => !names.has(name)).map((name) => `${name} is in Kubernetes but in no config`),
  );
  return verdict(
    "nodes",
    causes,
    `${ready.size} nodes Ready, on Kubernetes ${cluster?.state.kubernetesVersion ?? "?"}`,
  );
}

/** The first thing that is in its way, from the machine up to the API. */
function whyNotReady(world: World, vmId: number): string | undefined {
  const vm = world.state.proxmox.vms[vmId];
  const machine = world.state.machines[vmId];
  if (!vm || vm.power !== "running") return undefined;
  if (!machine) return whyNoBoot(vm, bootDisk(vm));
  if (interfacesOf(vm).length === 0) return "Talos has no driver for its network card";
  if (!onNetwork(world, vm)) {
    const vlan = world.state.vlan === undefined ? "without a VLAN" : `VLAN ${world.state.vlan}`;
    return `its network card is not on the network of this homelab (${vlan})`;
  }
  if (machine.stall) return machine.stall.why;
  if (!machine.facts || apiServerFor(world, machine)) return undefined;
  return `no API server answers at ${machine.facts.clusterEndpoint}`;
}
