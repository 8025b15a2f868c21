/** `talosctl health`: a control plane checks the cluster and reports as it goes. */
import { reach } from "../../world/talos/api.ts";
import { TalosError } from "../../world/talos/errors.ts";
import { waitHealthy } from "../../world/kubernetes/nodes/health.ts";
import type { NodeCall, NodeMethod } from "./calls.ts";

/** What the server waits for at the most where the client names no time (v1alpha1_cluster.go). */
const PATIENCE = 300;

export const healthMethods: Record<string, NodeMethod> = {
  "/cluster.ClusterService/HealthCheck": { changes: false, answer: healthCheck },
};

interface ClusterInfo {
  controlPlaneNodes?: string[];
  workerNodes?: string[];
}

async function healthCheck(call: NodeCall): Promise<void> {
  const { world, machine, authority, params, signal, item } = call;
  const given = (params["clusterInfo"] ?? {}) as ClusterInfo;
  // Who is not named is found by the discovery service.
  const known = Object.values(world.state.machines).filter(
    ({ facts }) => facts?.membership === machine.facts!.membership,
  );
  const addressesOf = (type: string) =>
    known.filter(({ facts }) => facts!.machineType === type).map(({ address }) => address);
  const named = given.controlPlaneNodes?.length || given.workerNodes?.length;
  const request = {
    controlPlanes: named ? (given.controlPlaneNodes ?? []) : addressesOf("controlplane"),
    workers: named ? (given.workerNodes ?? []) : addressesOf("worker"),
    skipKubernetes: false,
    open: async (node: string) => ({
      machine: await reach(world, node, authority),
      mode: "running" as const,
    }),
    report: (message: string) => item({ message }),
  };
  const seconds = Number.parseFloat(String((params["waitTimeout"] as string | undefined) ?? "")) || PATIENCE;
  try {
    await waitHealthy(world, request, world.clock.now() + seconds, signal);
  } catch (error) {
    if (signal.aborted) throw new TalosError("Canceled", "context canceled");
    throw new TalosError("Unknown", (error as Error).message);
  }
}
