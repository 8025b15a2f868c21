/** Longhorn, where it is installed. */
import type { Cluster } from "../kubernetes/cluster.ts";
import { VolumeError } from "../kubernetes/storage.ts";
import type { LonghornState } from "./state.ts";

export function longhornOf(cluster: Cluster): LonghornState {
  const { longhorn } = cluster.state;
  if (!longhorn) throw new VolumeError("Longhorn is not installed on this cluster");
  return longhorn;
}
