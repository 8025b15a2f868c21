/** Longhorn, where it is installed. */
import type { Cluster } from "../kubernetes/cluster.ts";
import type { LonghornState } from "../kubernetes/state.ts";

export class VolumeError extends Error {}

export function longhornOf(cluster: Cluster): LonghornState {
  const { longhorn } = cluster.state;
  if (!longhorn) throw new VolumeError("Longhorn is not installed on this cluster");
  return longhorn;
}
