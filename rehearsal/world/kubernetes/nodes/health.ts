/**
 * `talosctl health`, as the provider's getHealth runs it: checks in order, each polled until it holds.
 * Source: talos v1.12.0 pkg/cluster/check/default.go.
 */
import type { MachineState } from "../../talos/state.ts";
import type { World } from "../../kernel/world.ts";
import type { Session } from "../../talos/api.ts";
import { MINIMUM_MEMORY, visibleMemory } from "../../talos/machined/board.ts";
import { clusterOf, isReady, nodesOf, type Cluster } from "../cluster.ts";
import type { KubernetesNode } from "../state.ts";
import { kubernetesApiAt } from "../../talos/control-plane/api-server.ts";
import { DURATIONS } from "../../talos/durations.ts";
import { clusterOfMachine, etcdOf, quorum, memberRuns } from "../../talos/etcd/members.ts";
import { machineStatus } from "../../talos/machined/status.ts";
import { MiB } from "../../kernel/units.ts";

export interface HealthRequest {
  controlPlanes: string[];
  workers: string[];
  skipKubernetes: boolean;
  /** Connects to a node, or throws as a client would fail. */
  open: (node: string) => Promise<Session>;
  /** Gets a line for each check that is waited for, and for each that holds. */
  report?: (line: string) => void;
}

interface Check {
  name: string;
  /** Throws while it does not hold. */
  assert(world: World, request: HealthRequest): Promise<void>;
}

const TALOS_CHECKS: Check[] = [
  { name: "etcd to be healthy", assert: etcdHealthy },
  { name: "etcd members to be control plane nodes", assert: membersAreControlPlanes },
  { name: "apid to be ready", assert: (_world, request) => eachNode(request, () => undefined) },
  { name: "all nodes memory sizes", assert: memoryEnough },
  { name: "all nodes to finish boot sequence", assert: booted },
];

const KUBERNETES_CHECKS: Check[] = [
  { name: "all k8s nodes to report", assert: (world, request) => nodes(world, request, () => undefined) },
  {
    name: "all k8s nodes to report ready",
    assert: (world, request) =>
      nodes(world, request, (node, cluster) =>
        isReady(cluster, node) ? undefined : `some nodes are not ready: [${node.name}]`,
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
        request.report?.(`waiting for ${check.name}: OK`);
        break;
      } catch (error) {
        request.report?.(`waiting for ${check.name}: ${(error as Error).message}`);
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
  { controlPlanes, workers, open }: HealthRequest,
  check: (machine: MachineState) => string | undefined,
): Promise<void> {
  for (const node of [...controlPlanes, ...workers]) {
    const { machine, mode } = await open(node);
    const failure = mode === "maintenance" ? "the node is in maintenance mode" : check(machine);
    if (failure) throw new Error(`${node}: ${failure}`);
  }
}

async function etcdHealthy(world: World, request: HealthRequest): Promise<void> {
  await eachNode({ ...request, workers: [] }, (machine) => {
    const cluster = clusterOfMachine(world, machine);
    const member = etcdOf(world, machine.vmId);
    if (!member) return 'service "etcd" not in expected state "Running": current state [Preparing]';
    const healthy = cluster && memberRuns(world, cluster, member.memberId) && quorum(world, cluster);
    return healthy ? undefined : "service is not healthy: etcd";
  });
}

async function membersAreControlPlanes(world: World, request: HealthRequest): Promise<void> {
  await eachNode({ ...request, workers: [] }, (machine) => {
    const members = Object.keys(clusterOfMachine(world, machine)?.etcd ?? {}).length;
    const wanted = request.controlPlanes.length;
    return members === wanted
      ? undefined
      : `etcd has ${members} members, expected ${wanted} control plane nodes`;
  });
}

/** pkg/cluster/check/nodes.go, AllNodesMemorySizes. */
async function memoryEnough(world: World, request: HealthRequest): Promise<void> {
  await eachNode(request, ({ vmId, facts }) => {
    const actual = visibleMemory(world.state.proxmox.vms[vmId]!);
    const minimum = MINIMUM_MEMORY[facts!.machineType];
    const words = `does not meet memory requirements: expected at least ${mebibytes(minimum)}, actual ${mebibytes(actual)}`;
    return actual < minimum ? words : undefined;
  });
}

function mebibytes(bytes: number): string {
  return `${Math.floor(bytes / MiB)} MiB`;
}

async function booted(world: World, request: HealthRequest): Promise<void> {
  await eachNode(request, (machine) => {
    if (!machine.facts) return "it has no config";
    const { stage, status } = machineStatus(world, machine);
    const waiting = status.unmetConditions.map(({ reason }) => reason).join(", ");
    return stage === "booting" ? `the boot sequence has not finished: ${waiting}` : undefined;
  });
}

async function nodes(
  world: World,
  request: HealthRequest,
  check: (node: KubernetesNode, cluster: Cluster) => string | undefined,
): Promise<void> {
  const { machine } = await request.open(request.controlPlanes[0] ?? "");
  const endpoint = machine.facts?.clusterEndpoint ?? "";
  const cluster = clusterOf(world, kubernetesApiAt(world, endpoint).id);
  const known = nodesOf(cluster);
  const wanted = [...request.controlPlanes, ...request.workers];
  const missing = wanted.filter((address) => !known.some((node) => node.address === address));
  if (missing.length > 0) throw new Error(`nodes that did not report: ${missing.join(", ")}`);
  // A node object that nobody expects fails the check for good (pkg/cluster/cluster.go, NodesMatch).
  const strange = known.map(({ address }) => address).filter((address) => !wanted.includes(address));
  if (strange.length > 0) throw new Error(`unexpected nodes with IPs ["${strange.join('" "')}"]`);
  const failure = known
    .filter(({ address }) => wanted.includes(address))
    .map((node) => check(node, cluster))
    .find((text) => text !== undefined);
  if (failure) throw new Error(failure);
}
