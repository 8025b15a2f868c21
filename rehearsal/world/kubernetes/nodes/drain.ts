/** A node is drained: its pods are evicted, and then what stays until nothing needs it. */
import { DURATIONS } from "../durations.ts";
import type { Cluster } from "../cluster.ts";
import { noteAway } from "../pods/away.ts";
import { replacePod } from "../pods/comeback.ts";
import type { KubernetesNode, PodState } from "../state.ts";

/** How often Talos asks again for an eviction that is refused (talos v1.12.0 pkg/kubernetes/kubernetes.go, evict). */
const EVICTION_PAUSE = 5;

/** @returns Why it could not be drained in `timeout` simulated seconds. */
export async function drain(
  cluster: Cluster,
  node: KubernetesNode,
  timeout: number,
): Promise<string | undefined> {
  const { world, state } = cluster;
  const { storage } = world.systems;
  const deadline = world.clock.now() + timeout;
  const since = world.clock.now();
  await Promise.all(
    Object.values(state.pods)
      .filter((pod) => pod.node === node.name)
      .map((pod) => evict(cluster, pod)),
  );
  for (;;) {
    await world.settle();
    const reason = storage.drainBlockedBy(cluster, node.name);
    if (reason === undefined) break;
    if (world.clock.now() + EVICTION_PAUSE > deadline) {
      await world.clock.until(deadline);
      const text = `${node.name} is not drained after ${Math.round(timeout)} s: ${reason}`;
      world.note({ kind: "node-drained", subject: node.name, severity: "warning", text, detail: { reason } });
      return reason;
    }
    await world.clock.sleep(EVICTION_PAUSE);
  }
  storage.drained(cluster, node);
  const seconds = Math.round(world.clock.now() - since);
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
    if (!used) await world.systems.storage.detach(cluster, name);
  }
}
