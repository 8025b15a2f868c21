import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { NodeConfig } from "../config/types.ts";

/**
 * The Kubernetes object of a node that may go. The kubelet made it, and server-side apply takes it over; once the node's
 * entry is gone, it goes as well. Talos does not take it away, and a node object that nobody expects fails every health
 * check from then on (talos, pkg/cluster/cluster.go, NodesMatch).
 */
export function retiringNode(
  name: string,
  node: NodeConfig,
  provider: k8s.Provider,
  ready: pulumi.Resource,
  parent: pulumi.Resource,
): pulumi.Resource {
  return new k8s.core.v1.Node(
    name,
    { metadata: { name: node.name } },
    { parent, provider, dependsOn: [ready] },
  );
}
