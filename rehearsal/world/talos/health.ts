/**
 * `talosctl health`, as the provider's getHealth runs it: checks in order, each polled until it holds.
 * Source: talos v1.12.0 pkg/cluster/check/default.go.
 */
import type { World } from "../world.ts";
import { connect, type Credentials } from "./api.ts";
import { clusterNodes, isReady, kubernetesApiAt } from "./cluster.ts";
import { DURATIONS } from "./durations.ts";
import { clusterOfMachine, etcdOf, quorum } from "./etcd.ts";

export interface HealthRequest {
  endpoints: string[];
  controlPlanes: string[];
  workers: string[];
  credentials: Credentials;
  skipKubernetes: boolean;
}

interface Check {
  name: string;
  /** Throws while it does not hold. */
  assert(world: World, request: HealthRequest): Promise<void>;
}

const TALOS_CHECKS: Check[] = [
  { name: "etcd to be healthy", assert: etcdHealthy },
  { name: "etcd members to be control plane nodes", assert: membersAreControlPlanes },
  { name: "apid to be ready", assert: (world, request) => eachNode(world, request, () => undefined) },
  { name: "all nodes to finish boot sequence", assert: booted },
];

const KUBERNETES_CHECKS: Check[] = [
  { name: "all k8s nodes to report", assert: (world, request) => nodes(world, request, () => undefined) },
  {
    name: "all k8s nodes to report ready",
    assert: (world, request) =>
      nodes(world, request, (node) =>
        isReady(world, node) ? undefined : `some nodes are not ready: [${node.name}]`,
      ),
  },
  {
    name: "all k8s nodes to report schedulable",
    assert: (world, request) =>
      nodes(world, request, (node) =>
        node.unschedulable ? `some nodes are not schedulable: [${node.name}]` : undefined,
      ),
  },
];

/** Resolves when all hold; otherwise throws what is still waited for at the deadline. */
export async function waitHealthy(
  world: World,
  request: HealthRequest,
  deadline: number,
  signal: AbortSignal,
): Promise<void> {
  const checks = request.skipKubernetes ? TALOS_CHECKS : [...TALOS_CHECKS, ...KUBERNETES_CHECKS];
  for (const check of checks) {
    for (;;) {
      signal.throwIfAborted();
      try {
        await check.assert(world, request);
        break;
      } catch (error) {
        if (world.clock.now() >= deadline) {
          throw new Error(
            `waiting for ${check.name}: ${(error as Error).message}: context deadline exceeded`,
            {
              cause: error,
            },
          );
        }
        await world.clock.sleep(DURATIONS.retry);
      }
    }
  }
}

async function eachNode(
  world: World,
  { endpoints, controlPlanes, workers, credentials }: HealthRequest,
  check: (machine: Awaited<ReturnType<typeof connect>>["machine"]) => string | undefined,
): Promise<void> {
  for (const node of [...controlPlanes, ...workers]) {
    const { machine, mode } = await connect(world, { node, endpoint: endpoints[0] ?? node, credentials });
    const failure = mode === "maintenance" ? "the node is in maintenance mode" : check(machine);
    if (failure) throw new Error(`${node}: ${failure}`);
  }
}

async function etcdHealthy(world: World, request: HealthRequest): Promise<void> {
  await eachNode(world, { ...request, workers: [] }, (machine) => {
    const cluster = clusterOfMachine(world, machine);
    if (!etcdOf(world, machine.vmId))
      return 'service "etcd" not in expected state "Running": current state [Preparing]';
    return cluster && quorum(world, cluster) ? undefined : "service is not healthy: etcd";
  });
}

async function membersAreControlPlanes(world: World, request: HealthRequest): Promise<void> {
  await eachNode(world, { ...request, workers: [] }, (machine) => {
    const members = Object.keys(clusterOfMachine(world, machine)?.etcd ?? {}).length;
    const wanted = request.controlPlanes.length;
    return members === wanted
      ? undefined
      : `etcd has ${members} members, expected ${wanted} control plane nodes`;
  });
}

async function booted(world: World, request: HealthRequest): Promise<void> {
  await eachNode(world, request, (machine) => (machine.facts ? undefined : "it has no config"));
}

async function nodes(
  world: World,
  request: HealthRequest,
  check: (node: ReturnType<typeof clusterNodes>[number]) => string | undefined,
): Promise<void> {
  const first = request.controlPlanes[0] ?? "";
  const target = { node: first, endpoint: request.endpoints[0] ?? first, credentials: request.credentials };
  const { machine } = await connect(world, target);
  const endpoint = machine.facts?.clusterEndpoint ?? "";
  const cluster = kubernetesApiAt(world, URL.canParse(endpoint) ? new URL(endpoint).hostname : endpoint);
  const known = clusterNodes(world, cluster.id);
  const wanted = [...request.controlPlanes, ...request.workers];
  const missing = wanted.filter((address) => !known.some((node) => node.address === address));
  if (missing.length > 0) throw new Error(`nodes that did not report: ${missing.join(", ")}`);
  // A node object that nobody expects fails the check for good (pkg/cluster/cluster.go, NodesMatch).
  const strange = known.map(({ address }) => address).filter((address) => !wanted.includes(address));
  if (strange.length > 0) throw new Error(`unexpected nodes with IPs ["${strange.join('" "')}"]`);
  const failure = known
    .filter(({ address }) => wanted.includes(address))
    .map(check)
    .find((text) => text !== undefined);
  if (failure) throw new Error(failure);
}
