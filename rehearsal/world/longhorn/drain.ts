/**
 * Whether a node may be drained. Longhorn keeps a PodDisruptionBudget on the node's instance manager as its setting node-drain-policy
 * says (longhorn-manager controller/instance_manager_controller.go, canDeleteInstanceManagerPDB; longhorn#12821).
 */
import type { Cluster } from "../kubernetes/cluster.ts";
import type { LonghornState } from "./state.ts";
import { reassess } from "./volumes/copies.ts";

/** Undefined when the drain goes through; else what the eviction answers for as long as that is so. */
export function drainBlockedBy(cluster: Cluster, nodeName: string): string | undefined {
  const { longhorn } = cluster.state;
  if (!longhorn) return undefined;
  const inUse = Object.values(longhorn.volumes).find(({ attachedTo }) => attachedTo === nodeName);
  if (inUse) return blocked(longhorn, `${inUse.name} (${inUse.claim}) is attached to ${nodeName}`);
  if (longhorn.nodeDrainPolicy === "always-allow") return undefined;
  for (const volume of Object.values(longhorn.volumes)) {
    reassess(cluster, volume);
    const here = volume.replicas.filter((replica) => replica.node === nodeName && replica.healthy);
    if (here.length === 0) continue;
    const elsewhere = volume.replicas.some((replica) => replica.node !== nodeName && replica.healthy);
    const running = volume.attachedTo !== undefined;
    const policy = longhorn.nodeDrainPolicy;
    const kept =
      policy === "block-for-eviction" ||
      (policy === "allow-if-replica-is-stopped" ? running && !elsewhere : !elsewhere);
    if (kept) {
      const what = elsewhere ? "a replica" : "its last healthy replica";
      return blocked(
        longhorn,
        `${volume.name} (${volume.claim}) has ${what} on ${nodeName} (node-drain-policy ${policy})`,
      );
    }
  }
  return undefined;
}

function blocked({ namespace }: LonghornState, why: string): string {
  return `error when evicting pods/"instance-manager" -n "${namespace}": Cannot evict pod as it would violate the pod's disruption budget: ${why}`;
}
