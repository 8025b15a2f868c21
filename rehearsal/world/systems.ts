/** The systems of a homelab, put together. */
import type { Systems } from "./kernel/world.ts";
import { householdChart } from "./household.ts";
import { hostsIn } from "./kubernetes/cluster.ts";
import { nodeWorkloads } from "./kubernetes/nodes/workloads.ts";
import { kubernetesProcess } from "./kubernetes/process.ts";
import { registry } from "./kubernetes/registry.ts";
import { longhornChart } from "./longhorn/chart/chart.ts";
import { longhornDriver } from "./longhorn/driver.ts";
import type { Machinery } from "./talos/library.ts";
import { talosLifecycle } from "./talos/lifecycle.ts";
import { talosProcess } from "./talos/process.ts";
import { traefikChart } from "./traefik/chart.ts";

/** @param hostsOf The way to the nodes; a test has its own. */
export function systemsOver(machinery: Machinery, hostsOf = hostsIn): Systems {
  return {
    machinery,
    lifecycle: talosLifecycle,
    registry,
    workloads: nodeWorkloads(hostsOf),
    storage: longhornDriver,
    charts: [longhornChart, traefikChart, householdChart],
    processes: [talosProcess, kubernetesProcess(hostsOf)],
  };
}
