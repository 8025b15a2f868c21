/**
 * Pods come back: one whose node went down under it starts there again once the node is Ready, one that was evicted is replaced by
 * its ReplicaSet wherever the scheduler puts it. Nothing here waits: what is due brings a pod a step further.
 */
import { nextTry } from "../../kernel/world.ts";
import { admissionError, enforcedLevel, type Level } from "../api/admission.ts";
import { noteBack } from "./away.ts";
import { lookupChart } from "../helm/catalogue.ts";
import { podSuffix, type Cluster, type HeldCluster } from "../cluster.ts";
import { DURATIONS } from "../durations.ts";
import { backOff } from "../workloads/jobs.ts";
import type { Deployment } from "./deployment.ts";
import { claimsOf, placePod, runPod, unboundClaim } from "./start.ts";
import { podSecurityDefault } from "../api/reach.ts";
import type { KubernetesNode, PodState, Waiting } from "../state.ts";

/** Until a silent node is called unreachable (50 s), and then until its pods are evicted (default toleration of 300 s). */
export const EVICTED_AFTER = 50 + 300;
/** Then a volume that its dead node holds is taken away (kubernetes attach_detach_controller.go: 6 minutes). */
const FORCE_DETACH_AFTER = 360;

/** How often a pod that nothing takes is tried again, in seconds. */
const RETRY = 10;

/** When the pods that wait get further. */
export function* comebacks({ world, state }: Cluster): Iterable<number | undefined> {
  for (const { waiting } of Object.values(state.pods)) {
    if (!waiting) continue;
    const { readyAt, tryAt, since, bound, held } = waiting;
    yield readyAt ?? (tryAt > world.clock.now() ? tryAt : nextTry(world, RETRY));
    if (bound !== undefined) yield since + EVICTED_AFTER;
    yield held?.until;
    yield* Object.values(state.nodes).map((node) => node.readyAt + DURATIONS.longhornNodeBack);
  }
}

export async function settlePods(cluster: HeldCluster): Promise<void> {
  const seen = new Set<PodState>();
  for (;;) {
    // One that is evicted is followed by another, which may be placed in the same breath.
    const found = Object.entries(cluster.state.pods).find(([, pod]) => pod.waiting && !seen.has(pod));
    if (!found) return;
    const [key, pod] = found;
    seen.add(pod);
    const deployment = deploymentOf(cluster, pod);
    if (!deployment) delete cluster.state.pods[key];
    else await bringBack(cluster, deployment, pod);
  }
}

/** Its pod is gone from its node and comes again elsewhere, by another name. */
export function replacePod(cluster: Cluster, pod: PodState, waiting: Waiting): void {
  delete cluster.state.pods[keyOf(pod)];
  if (pod.release === undefined || !cluster.state.releases[pod.release]) return;
  const name = `${pod.name.replace(/-[^-]+$/, "")}-${podSuffix(cluster)}`;
  const { resolvers: _resolvers, reason: _reason, ...kept } = pod;
  const next: PodState = { ...kept, name, node: "", volumes: [], phase: "pending", waiting };
  cluster.state.pods[keyOf(next)] = next;
}

function deploymentOf({ state, world }: Cluster, pod: PodState): Deployment | undefined {
  const release = pod.release === undefined ? undefined : state.releases[pod.release];
  if (!release) return undefined;
  return lookupChart(world, release.chart, release.repository, release.version).model.deployments?.(
    release,
  )[0];
}

async function bringBack(cluster: HeldCluster, deployment: Deployment, pod: PodState): Promise<void> {
  const { world, state } = cluster;
  const now = world.clock.now();
  while (pod.waiting) {
    const { waiting } = pod;
    if (waiting.readyAt !== undefined) {
      if (waiting.readyAt > now) return;
      await become(cluster, deployment, pod, waiting.readyAt);
      if (state.pods[keyOf(pod)] !== pod) return; // somebody has replaced it meanwhile
      continue;
    }
    if (waiting.tryAt > now) return;
    const reason = await place(cluster, deployment, pod, waiting);
    if (reason !== undefined) {
      pod.reason = reason;
      return;
    }
    if (pod.waiting.readyAt === undefined) return;
  }
}

/** Starts it where it fits; a text that comes back is why nothing takes it for now. */
async function place(
  cluster: HeldCluster,
  deployment: Deployment,
  pod: PodState,
  waiting: Waiting,
): Promise<string | undefined> {
  const { storage } = cluster.world.systems;
  const level = (await podSecurityDefault(cluster)) as Level | undefined;
  const refused = admissionError(deployment.pod, enforcedLevel(cluster.state, deployment.namespace, level));
  if (refused) return `replicaset: Error creating: ${refused}`;
  const found = waiting.bound === undefined ? chosen(cluster, deployment) : returned(cluster, pod, waiting);
  if (typeof found === "string") return found;

  const claims = claimsOf(deployment.pod).map(({ claim }) =>
    storage.volumeOfClaim(cluster, `${deployment.namespace}/${claim}`)!,
  );
  const earliest = [waiting.tryAt, found.readyAt];
  if (waiting.bound === undefined) earliest.push(found.uncordonedAt ?? 0);
  if (claims.length > 0) {
    const held = heldUntil(cluster, found, waiting);
    if (held > cluster.world.clock.now()) {
      return `FailedAttachVolume: Multi-Attach error for volume "${claims[0]!.name}" Volume is already exclusively attached to one node and can't be attached to another`;
    }
    earliest.push(found.readyAt + DURATIONS.longhornNodeBack, held);
  }
  const start = Math.max(...earliest);
  const now = cluster.world.clock.now();
  if (start > now) {
    waiting.tryAt = start;
    return `waits for the CSI driver on ${found.name}`;
  }
  for (const volume of claims) {
    if (volume.attachedTo !== undefined && volume.attachedTo !== found.name) {
      return `FailedAttachVolume: Multi-Attach error for volume "${volume.name}" Volume is already exclusively attached to one node and can't be attached to another`;
    }
    const problem = storage.attachProblem(cluster, volume.name, found.name);
    if (problem) return `FailedAttachVolume: ${problem}`;
  }
  const attach = claims.length > 0 ? DURATIONS.volumeAttach + DURATIONS.volumeMount : 0;
  for (const volume of claims)
    if (volume.attachedTo === undefined) storage.connect(cluster, volume.name, found.name);
  pod.node = found.name;
  pod.volumes = claims.map(({ name }) => name);
  waiting.readyAt = start + attach + DURATIONS.podStart + deployment.readySeconds;
  delete pod.reason;
  return undefined;
}

/** Until when no other node may attach the pod's volumes: a silent node might still write. One that is back has let go. */
function heldUntil(cluster: Cluster, node: KubernetesNode, { held }: Waiting): number {
  if (!held || held.by === node.name) return 0;
  const holder = cluster.state.nodes[held.by];
  if (!holder) return 0;
  return cluster.hosts(holder.vmId).isUp() ? Math.min(holder.readyAt, held.until) : held.until;
}

function chosen(cluster: Cluster, deployment: Deployment): KubernetesNode | string {
  const unbound = unboundClaim(cluster, deployment);
  if (unbound !== undefined) return unbound;
  const placed = placePod(cluster, deployment);
  return "reason" in placed ? `FailedScheduling: ${placed.reason}` : placed.node;
}

/** The node it is bound to, once that is Ready; the kubelet does not ask whether the node is closed to new pods. */
function returned(cluster: Cluster, pod: PodState, waiting: Waiting): KubernetesNode | string {
  const { world, state } = cluster;
  const node = state.nodes[waiting.bound!];
  const now = world.clock.now();
  const evictedAt = waiting.since + EVICTED_AFTER;
  // A node that is Ready by then keeps its pods, however late somebody looks.
  const up = node !== undefined && cluster.hosts(node.vmId).isUp();
  if (up && node.readyAt <= now && (node.readyAt <= evictedAt || now < evictedAt)) return node;
  if (node !== undefined && now < evictedAt)
    return `${waiting.bound} is ${node.downSince === undefined ? "not Ready" : "down"}`;
  world.note({
    kind: "pod-evicted",
    subject: keyOf(pod),
    severity: "warning",
    text: `${keyOf(pod)} is evicted from ${waiting.bound}, which is unreachable`,
    detail: { node: waiting.bound, release: pod.release },
  });
  const { since, failures } = waiting;
  replacePod(cluster, pod, {
    since,
    failures,
    tryAt: Math.min(now, evictedAt),
    held: { by: waiting.bound!, until: evictedAt + FORCE_DETACH_AFTER },
  });
  delete pod.waiting;
  return "replaced";
}

async function become(
  cluster: HeldCluster,
  deployment: Deployment,
  pod: PodState,
  at: number,
): Promise<void> {
  const { world, state } = cluster;
  const key = keyOf(pod);
  // Its scripts take no time: the pod is ready at the time that was worked out when it was placed.
  const failure = await runPod(cluster, deployment, pod, { sleep: () => Promise.resolve() });
  const { waiting } = pod;
  if (!waiting || state.pods[key] !== pod) return;
  delete waiting.readyAt;
  if (failure !== undefined) {
    waiting.failures++;
    waiting.tryAt = at + backOff(waiting.failures);
    waiting.bound = pod.node;
    if (failure !== pod.reason)
      world.note({ kind: "pod-failed", subject: key, severity: "warning", text: failure });
    pod.reason = failure;
    return;
  }
  delete pod.waiting;
  delete pod.reason;
  pod.phase = "running";
  pod.startedAt = at;
  const seconds = Math.round((at - waiting.since) * 10) / 10;
  world.note({
    kind: "pod-started",
    subject: key,
    text: `${key} runs on ${pod.node} again, after ${Math.round(seconds)} s`,
    detail: { node: pod.node, seconds },
  });
  noteBack(cluster, deployment.release);
}

function keyOf({ namespace, name }: PodState): string {
  return `${namespace}/${name}`;
}
