/** Whether anybody answers at the address that a cluster's clients use, its control plane endpoint. */
import type { World } from "../../kernel/world.ts";
import { dialApiServer, type Dialled } from "../../talos/control-plane/api-server.ts";
import type { ClusterState } from "../state.ts";

/** That endpoint is one control plane's own address or one that they share, so it may be closed while another control plane works. */
export function endpointState(world: World, cluster: ClusterState): Dialled["answers"] {
  const endpoint = endpointOf(world, cluster);
  if (endpoint === undefined) return "closed";
  const dialled = dialApiServer(world, endpoint);
  return dialled.answers !== "closed" && dialled.cluster.id === cluster.id ? dialled.answers : "closed";
}

function endpointOf(world: World, cluster: ClusterState): string | undefined {
  for (const { facts } of Object.values(world.state.machines)) {
    if (facts?.clusterId !== cluster.id || facts.membership !== cluster.membership) continue;
    return facts.clusterEndpoint;
  }
  return undefined;
}
