/**
 * What a node's going away and coming back does to the cluster: pods are evicted or lost and come back, volumes are detached and
 * attached elsewhere, their replicas fail and are rebuilt. Driven by looks, not by timers: `settle` brings all of it up to the
 * present, so that it stays true over a killed process.
 */
import { failReplica, reassess, shownRobustness } from "../../longhorn/copies.ts";
import { drainBlockedBy } from "../../longhorn/drain.ts";
import { settleCopies } from "../../longhorn/rebuild.ts";
import { detachVolume, disconnect } from "../../longhorn/volumes.ts";
import { hostOf } from "../../talos/host.ts";
import type { NodeWorkloads } from "../../talos/workloads.ts";
import type { World } from "../../kernel/world.ts";
import { noteAway } from "../pods/away.ts";
import { clusterOf, type Cluster, type Hosts } from "../cluster.ts";
import { replacePod, settlePods } from "../pods/comeback.ts";
import { DURATIONS } from "../durations.ts";
import { settleKubelets } from "./kubelet.ts";
import { setUnschedulable } from "../api/node-objects.ts";
import type { KubernetesNode, PodState } from "../state.ts";

/** How often Talos asks again for an eviction that is refused (talos v1.12.0 pkg/kubernetes/kubernetes.go, evict). */
const EVICTION_PAUSE = 5;

/** @param hostsOf The way to the nodes; a test has its own. */
export function nodeWorkloads(
  hostsOf: (world: World) => Hosts = (world) => (vmId) => hostOf(world, vmId),
): NodeWorkloads {
  const onNode = async (
    world: World,
    vmId: number,
    act: (cluster: Cluster, node: KubernetesNode) => Promise<void> | void,
  ) => {
    for (const cluster of clustersOf(world, hostsOf)) {
      for (const node of Object.values(cluster.state.nodes)) {
        if (node.vmId === vmId) await act(cluster, node);
      }
    }
  };
  const settled = (world: World) => inTurn(world, () => settleAll(world, hostsOf));
  return {
    settle: settled,

    cordon: async (world, vmId, closed, at) => {
      await settled(world);
      await onNode(world, vmId, (cluster, node) => setUnschedulable(cluster, node.name, closed, at));
      await settled(world);
    },

    drain: async (world, vmId, timeout) => {
      await settled(world);
      let reason: string | undefined;
      await onNode(world, vmId, async (cluster, node) => {
        reason ??= await drain(cluster, node, timeout, () => settled(world));
      });
      return reason;
    },

    stopped: (world, vmId) =>
      inTurn(world, async () => {
        // What was due until now has happened, with the node still up.
        await settleAll(world, hostsOf);
        await onNode(world, vmId, goDown);
      }),

    started: settled,
  };
}

function clustersOf(world: World, hostsOf: (world: World) => Hosts): Cluster[] {
  return Object.keys(world.state.clusters).map((id) => clusterOf(world, id, hostsOf(world)));
}

async function settleAll(world: World, hostsOf: (world: World) => Hosts): Promise<void> {
  for (const cluster of clustersOf(world, hostsOf)) {
    settleKubelets(cluster);
    settleCopies(cluster);
    await settlePods(cluster);
    // A pod that came up has attached a volume, whose copies then show what they missed.
    settleCopies(cluster);
  }
}

async function drain(
  cluster: Cluster,
  node: KubernetesNode,
  timeout: number,
  settled: () => Promise<void>,
): Promise<string | undefined> {
  const { world, state } = cluster;
  const deadline = world.clock.now() + timeout;
  const since = world.clock.now();
  await Promise.all(
    Object.values(state.pods)
      .filter((pod) => pod.node === node.name)
      .map((pod) => evict(cluster, pod)),
  );
  for (;;) {
    await settled();
    const reason = drainBlockedBy(cluster, node.name);
    if (reason === undefined) break;
    if (world.clock.now() + EVICTION_PAUSE > deadline) {
      await world.clock.until(deadline);
      const text = `${node.name} is not drained after ${Math.round(timeout)} s: ${reason}`;
      world.note({ kind: "node-drained", subject: node.name, severity: "warning", text, detail: { reason } });
      return reason;
    }
    await world.clock.sleep(EVICTION_PAUSE);
  }
  // The instance manager goes last, and with it every replica that runs here.
  const now = world.clock.now();
  stopReplicas(cluster, node, now);
  const seconds = Math.round(now - since);
  world.note({
    kind: "node-drained",
    subject: node.name,
    text: `${node.name} is drained, after ${seconds} s`,
    detail: { node: node.name, vmId: node.vmId, seconds },
  });
  return undefined;
}

async function evict(cluster: Cluster, pod: PodState): Promise<void> {
  const { world, state } = cluster;
  const key = `${pod.namespace}/${pod.name}`;
  const since = world.clock.now();
  world.note({
    kind: "pod-evicted",
    subject: key,
    text: `${key} has to leave ${pod.node}`,
    detail: { node: pod.node, release: pod.release },
  });
  await world.clock.sleep(DURATIONS.podStop);
  if (state.pods[key] !== pod) return;
  noteAway(cluster, pod);
  const { failures = 0 } = pod.waiting ?? {};
  replacePod(cluster, pod, { since: pod.waiting?.since ?? since, tryAt: world.clock.now(), failures });
  for (const name of pod.volumes) {
    const used = Object.values(state.pods).some(
      (other) => other.node === pod.node && other.volumes.includes(name),
    );
    if (!used && state.longhorn?.volumes[name]) await detachVolume(cluster, name);
  }
}

/** Everything on the machine stops at once. */
function goDown(cluster: Cluster, node: KubernetesNode): void {
  const { world, state } = cluster;
  const now = world.clock.now();
  noteExposed(cluster, node);
  node.downSince ??= now;
  for (const pod of Object.values(state.pods)) {
    if (pod.node !== node.name || pod.release === undefined) continue;
    noteAway(cluster, pod);
    if (pod.phase === "running") {
      const key = `${pod.namespace}/${pod.name}`;
      const text = `${key} stops with ${node.name}`;
      world.note({
        kind: "pod-stopped",
        subject: key,
        text,
        detail: { node: node.name, release: pod.release },
      });
    }
    const { since = now, failures = 0 } = pod.waiting ?? {};
    pod.phase = "pending";
    pod.reason = `${node.name} is down`;
    pod.waiting = { since, failures, bound: node.name, tryAt: now };
  }
  for (const volume of Object.values(state.longhorn?.volumes ?? {})) {
    if (volume.attachedTo === node.name) disconnect(cluster, volume, now, `, which is down`);
  }
  stopReplicas(cluster, node, now);
}

/** What lacks copies elsewhere now has to do without this node as well. A drained node's own are gone already. */
function noteExposed({ world, state }: Cluster, node: KubernetesNode): void {
  if (node.readyAt > world.clock.now()) return; // it was down already
  for (const volume of Object.values(state.longhorn?.volumes ?? {})) {
    const { name: subject, claim, replicasWanted: wanted, degradedAt: since } = volume;
    if (wanted < 2 || shownRobustness(volume) !== "degraded") continue;
    const elsewhere = volume.replicas.filter((replica) => replica.node !== node.name);
    const own = volume.replicas.length - elsewhere.length;
    if (elsewhere.filter((replica) => replica.healthy).length + own >= wanted) continue;
    const healthy = volume.replicas.filter((replica) => replica.healthy).length;
    const text = `${node.name} goes down while ${subject} (${claim}) has ${healthy} of ${wanted} copies`;
    const detail = { node: node.name, claim, healthy, wanted, since };
    world.note({ kind: "volume-exposed", subject, severity: "warning", text, detail });
  }
}

/** Replicas of volumes in use miss from now on what is written; those of detached ones only stop. */
function stopReplicas(cluster: Cluster, node: KubernetesNode, at: number): void {
  for (const volume of Object.values(cluster.state.longhorn?.volumes ?? {})) {
    const here = volume.replicas.filter((replica) => replica.node === node.name);
    for (const replica of here) {
      if (volume.attachedTo !== undefined || replica.rebuild) failReplica(cluster, volume, replica, at);
    }
    if (here.length > 0) reassess(cluster, volume);
  }
}

const tails = new WeakMap<World, Promise<unknown>>();

/** One look at a time: two of them could start the same pod twice. Who is in here waits for nobody outside. */
function inTurn<Result>(world: World, work: () => Promise<Result>): Promise<Result> {
  const result = (tails.get(world) ?? Promise.resolve()).then(work, work);
  tails.set(
    world,
    result.catch(() => undefined),
  );
  return result;
}
