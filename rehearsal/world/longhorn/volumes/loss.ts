/** What a node's stopping does to the volumes and their replicas. */
import type { Cluster } from "../../kubernetes/cluster.ts";
import type { KubernetesNode } from "../../kubernetes/state.ts";
import { failReplica, healthyCopies, reassess, shownRobustness } from "./copies.ts";

/** What lacks copies elsewhere now has to do without this node as well. A drained node's own are gone already. */
export function noteExposed({ world, state }: Cluster, node: KubernetesNode): void {
  if (node.readyAt > world.clock.now()) return; // it was down already
  for (const volume of Object.values(state.longhorn?.volumes ?? {})) {
    const { name: subject, claim, replicasWanted: wanted, degradedAt: since } = volume;
    if (wanted < 2 || shownRobustness(volume) !== "degraded") continue;
    const elsewhere = volume.replicas.filter((replica) => replica.node !== node.name);
    const own = volume.replicas.length - elsewhere.length;
    if (healthyCopies({ replicas: elsewhere }) + own >= wanted) continue;
    const healthy = healthyCopies(volume);
    const text = `${node.name} goes down while ${subject} (${claim}) has ${healthy} of ${wanted} copies`;
    const detail = { node: node.name, claim, healthy, wanted, since };
    world.note({ kind: "volume-exposed", subject, severity: "warning", text, detail });
  }
}

/** Replicas of volumes in use miss from now on what is written; those of detached ones only stop. */
export function stopReplicas(cluster: Cluster, node: KubernetesNode, at: number): void {
  for (const volume of Object.values(cluster.state.longhorn?.volumes ?? {})) {
    const here = volume.replicas.filter((replica) => replica.node === node.name);
    for (const replica of here) {
      if (volume.attachedTo !== undefined || replica.rebuild) failReplica(cluster, volume, replica, at);
    }
    if (here.length > 0) reassess(cluster, volume);
  }
}
