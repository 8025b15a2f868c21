/** What each stage is told of the configuration, as plain data. Pure. */
import type { HomelabConfig } from "./config/types.ts";
import type { LonghornArgs } from "./longhorn/longhorn.ts";
import type { TraefikArgs } from "./traefik/traefik.ts";
import { findIngressNode } from "./traefik/values.ts";

export function storageStage({
  cluster,
  nodes,
  longhorn,
  protect,
}: HomelabConfig): Omit<LonghornArgs, "applied" | "living"> {
  return {
    clusterName: cluster.name,
    nodes,
    longhorn,
    schedulableControlPlanes: cluster.allowSchedulingOnControlPlanes,
    protect,
  };
}

export function ingressStage(config: HomelabConfig): Omit<TraefikArgs, "objects"> {
  const { cluster, traefik, protect } = config;
  return {
    clusterName: cluster.name,
    traefik,
    ingressAddress: findIngressNode(config).address,
    protect,
  };
}
