/**
 * One pod of a Deployment from admission to ready. Everything that keeps it from starting is a reason in words; whoever waits for it
 * tries again until there is none or the time is up.
 */
import { VolumeError } from "../storage.ts";
import { admissionError, enforcedLevel, forbidden } from "../api/admission.ts";
import type { ReleaseContext } from "../helm/charts.ts";
import type { Cluster } from "../cluster.ts";
import type { Deployment } from "./deployment.ts";
import { runContainer, type ContainerRun, type PodVolume } from "./containers.ts";
import { DURATIONS } from "../durations.ts";
import { applyFsGroup } from "./mounts.ts";
import type { PodSpec } from "./spec.ts";
import { bindError, identityOf } from "./privileges.ts";
import { refusedPod } from "../api/validation.ts";
import { schedule, type Scheduled } from "./scheduling.ts";
import type { PodState } from "../state.ts";

/** One go at it; undefined when the pod is ready. */
export async function tryStart(
  context: ReleaseContext,
  deployment: Deployment,
  pod: PodState,
): Promise<string | undefined> {
  const { cluster } = context;
  const { storage } = cluster.world.systems;
  const spec = deployment.pod;
  const broken = refusedPod(pod.name, spec);
  if (broken) return `replicaset: Error creating: ${broken}`;
  const refused = admissionError(
    spec,
    enforcedLevel(cluster.state, deployment.namespace, context.podSecurityDefault),
  );
  if (refused) return `replicaset: Error creating: ${forbidden("pods", pod.name, refused)}`;

  const claims = claimsOf(spec);
  const unbound = unboundClaim(cluster, deployment);
  if (unbound) return unbound;
  const siblings = siblingsOf(cluster, deployment.release);
  const placed = placePod(cluster, deployment);
  if ("reason" in placed) return `FailedScheduling: ${placed.reason}`;
  const { node } = placed;
  pod.node = node.name;

  for (const { claim } of claims) {
    const volume = storage.volumeOfClaim(cluster, `${deployment.namespace}/${claim}`)!;
    try {
      await storage.attach(cluster, volume.name, node.name);
    } catch (error) {
      if (!(error instanceof VolumeError)) throw error;
      return `FailedAttachVolume: ${error.message}${error.message.startsWith("Multi-Attach") ? ` (held by ${siblings.map((each) => each.name).join(", ")})` : ""}`;
    }
    await cluster.world.clock.sleep(DURATIONS.volumeMount);
  }
  await cluster.world.clock.sleep(DURATIONS.podStart);
  const failure = await runPod(cluster, deployment, pod, context.signal && { signal: context.signal });
  if (failure) return failure;
  await cluster.world.clock.sleep(deployment.readySeconds);
  return undefined;
}

/** Mounts the claims and runs the containers, on the node that the pod is on; a text that comes back is why it does not run. */
export async function runPod(
  cluster: Cluster,
  deployment: Deployment,
  pod: PodState,
  how: Pick<ContainerRun, "sleep" | "signal"> = {},
): Promise<string | undefined> {
  const spec = deployment.pod;
  const { storage } = cluster.world.systems;
  const claims = claimsOf(spec);
  const volumes = new Map<string, PodVolume>();
  for (const { name, claim } of claims) {
    const volume = storage.volumeOfClaim(cluster, `${deployment.namespace}/${claim}`)!;
    const { fsGroup, fsGroupChangePolicy } = spec.securityContext ?? {};
    volume.files = applyFsGroup(volume.files, fsGroup, fsGroupChangePolicy);
    pod.volumes = [volume.name];
    volumes.set(name, {
      files: volume.files,
      info: {
        device: `/dev/longhorn/${volume.name}`,
        sizeBytes: volume.sizeBytes,
        usedBytes: 0,
        type: volume.fsType ?? "ext4",
      },
    });
  }
  const failure =
    (await runInit(cluster, deployment, pod, volumes, how)) ?? runMain(deployment, pod, volumes);
  for (const { name, claim } of claims)
    storage.volumeOfClaim(cluster, `${deployment.namespace}/${claim}`)!.files = volumes.get(name)!.files;
  return failure;
}

/** Volumes of the pod that are claims, by the volume's name. */
export function claimsOf({ volumes = [] }: PodSpec): { name: string; claim: string }[] {
  return volumes.flatMap(({ name, persistentVolumeClaim }) =>
    persistentVolumeClaim ? [{ name, claim: persistentVolumeClaim.claimName }] : [],
  );
}

/** Why the scheduler leaves a pod with a claim that nothing stands behind. */
export function unboundClaim(cluster: Cluster, { namespace, pod }: Deployment): string | undefined {
  const { storage } = cluster.world.systems;
  const missing = claimsOf(pod).find(({ claim }) => !storage.volumeOfClaim(cluster, `${namespace}/${claim}`));
  return (
    missing &&
    `FailedScheduling: 0/${Object.keys(cluster.state.nodes).length} nodes are available: pod has unbound immediate PersistentVolumeClaims (${missing.claim}).`
  );
}

/** Where one more pod of it may go. */
export function placePod(cluster: Cluster, deployment: Deployment): Scheduled {
  const siblings = siblingsOf(cluster, deployment.release);
  return schedule(cluster, deployment.pod, {
    avoid: antiAffine(deployment) ? siblings.map((each) => each.node) : [],
  });
}

function siblingsOf(cluster: Cluster, release: string): PodState[] {
  return Object.values(cluster.state.pods).filter(
    (pod) => pod.release === release && (pod.phase === "running" || pod.waiting?.readyAt !== undefined),
  );
}

async function runInit(
  cluster: Cluster,
  deployment: Deployment,
  pod: PodState,
  volumes: Map<string, PodVolume>,
  how: Pick<ContainerRun, "sleep" | "signal">,
): Promise<string | undefined> {
  const host = cluster.hosts(cluster.state.nodes[pod.node]!.vmId);
  for (const container of deployment.pod.initContainers ?? []) {
    const end = await runContainer({
      cluster,
      host,
      pod: deployment.pod,
      container,
      volumes,
      ...how,
    });
    if ("notStarted" in end) return `init container ${container.name}: ${end.notStarted}`;
    if (end.code !== 0)
      return `init container ${container.name}: CrashLoopBackOff: exited with ${end.code}: ${end.output.split("\n").slice(-10).join("\n")}`;
  }
  return undefined;
}

function runMain(deployment: Deployment, pod: PodState, volumes: Map<string, PodVolume>): string | undefined {
  for (const container of deployment.pod.containers) {
    const user = identityOf(deployment.pod, container);
    if ("reason" in user) return user.reason;
    for (const { containerPort } of container.ports ?? []) {
      const error = bindError(user.identity, containerPort, deployment.pod.hostNetwork ?? false);
      if (error)
        return `container ${container.name}: CrashLoopBackOff: ${deployment.bindFailure(containerPort, error)}`;
    }
    const ended = deployment.started(pod, { identity: user.identity, volumes });
    if (ended) return `container ${container.name}: CrashLoopBackOff: ${ended}`;
  }
  return undefined;
}

function antiAffine({ pod }: Deployment): boolean {
  const terms = pod.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  return terms.some((term) => term.topologyKey === "kubernetes.io/hostname");
}
