/**
 * Whether a node may be drained. Longhorn keeps a PodDisruptionBudget on the node's instance manager as its setting node-drain-policy
 * says (longhorn-manager controller/instance_manager_controller.go, canDeleteInstanceManagerPDB; longhorn#12821).
 */
import type { Cluster } from "../kubernetes/cluster.ts";
import { reassess } from "./volumes.ts";

/** Undefined when the drain goes through; else what the eviction answers for as long as that is so. */
export function drainBlockedBy(cluster: Cluster, nodeName: string): string | undefined {
  const { longhorn } = cluster.state;
  if (!longhorn || longhorn.nodeDrainPolicy === "always-allow") return undefined;
  for (const volume of Object.values(longhorn.volumes)) {
    reassess(cluster, volume);
    const here = volume.replicas.filter((replica) => replica.node === nodeName && replica.healthy);
    if (here.length === 0) continue;
    const elsewhere = volume.replicas.some((replica) => replica.node !== nodeName && replica.healthy);
    const running = volume.attachedTo !== undefined;
    const blocked =
      longhorn.nodeDrainPolicy === "block-for-eviction" ||
      (longhorn.nodeDrainPolicy === "allow-if-replica-is-stopped" ? running && !elsewhere : !elsewhere);
    if (blocked) {
      return (
        `error when evicting pods/"instance-manager" -n "${longhorn.namespace}": Cannot evict pod as it would violate the pod's disruption budget: ` +
        `${volume.name} (${volume.claim}) has ${elsewhere ? "a replica" : "its last healthy replica"} on ${nodeName} (node-drain-policy ${longhorn.nodeDrainPolicy})`
      );
    }
  }
  return undefined;
}
