/** Whether anybody answers at the address that a cluster's clients use, its control plane endpoint. */
import { kubernetesApiAt } from "../../talos/cluster.ts";
import type { World } from "../../kernel/world.ts";
import type { ClusterState } from "../state.ts";

/**
 * `open`; `no-quorum`: an API server answers whose etcd does not; `closed`: no connection. That endpoint is one control
 * plane's own address or one that they share, so it may be closed while another control plane works.
 */
export type EndpointState = "open" | "no-quorum" | "closed";

export function endpointState(world: World, cluster: ClusterState): EndpointState {
  const endpoint = endpointOf(world, cluster);
  if (endpoint === undefined) return "closed";
  try {
    return kubernetesApiAt(world, endpoint).id === cluster.id ? "open" : "closed";
  } catch (error) {
    return (error as Error).message.startsWith("etcdserver") ? "no-quorum" : "closed";
  }
}

function endpointOf(world: World, cluster: ClusterState): string | undefined {
  for (const { facts } of Object.values(world.state.machines)) {
    if (facts?.clusterId !== cluster.id || facts.membership !== cluster.membership) continue;
    return facts.clusterEndpoint;
  }
  return undefined;
}
