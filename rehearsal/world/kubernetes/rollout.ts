/**
 * Pods of a Deployment come and go: one pod from admission to ready, and the two update strategies. Everything that keeps a pod from
 * starting is a reason in words; whoever waits for a rollout repeats it until there is none or the time is up.
 */
import { volumeOfClaim, attachVolume, detachVolume, VolumeError } from "../longhorn/volumes.ts";
import type { NodeHost } from "../talos/contract.ts";
import { admissionError, enforcedLevel, forbidden } from "./admission.ts";
import { NotReady, waitUntilReady, type ReleaseContext } from "./charts.ts";
import { podSuffix, pseudoRandom, type Cluster } from "./cluster.ts";
import { runContainer, type PodVolume } from "./containers.ts";
import { DURATIONS } from "./durations.ts";
import { applyFsGroup } from "./mounts.ts";
import { hostPorts, type PodSpec } from "./pods.ts";
import { bindError, identityOf, type Identity } from "./privileges.ts";
import { schedule } from "./scheduling.ts";
import type { PodState } from "./state.ts";

export interface Deployment {
  namespace: string;
  name: string;
  release: string;
  replicas: number;
  strategy: { type: string; maxUnavailable: number; maxSurge: number };
  pod: PodSpec;
  /** Whatever else makes a new template: arguments, resolvers. */
  revision: unknown;
  readySeconds: number;
  /** Called when the main container runs; a text that comes back is why it ended. */
  started(pod: PodState, files: { identity: Identity; volumes: Map<string, PodVolume> }): string | undefined;
  /** How the program words a port that it may not bind. */
  bindFailure(port: number, error: string): string;
}

export async function rollOut(context: ReleaseContext, deployment: Deployment): Promise<void> {
  const { cluster } = context;
  const template = pseudoRandom(JSON.stringify([deployment.pod, deployment.revision])).slice(0, 10);
  const own = () => podsOf(cluster, deployment.release);
  const old = () => own().filter((pod) => pod.template !== template && pod.phase === "running");
  const current = () => own().filter((pod) => pod.template === template && pod.phase === "running");
  for (const pod of own().filter((each) => each.phase !== "running")) await stopPod(cluster, pod);
  while (current().length > deployment.replicas) await stopPod(cluster, current().at(-1)!);

  if (deployment.strategy.type === "Recreate") for (const pod of old()) await stopPod(cluster, pod);
  while (current().length < deployment.replicas) {
    const running = old().length + current().length;
    const [spare] = old();
    if (spare && running > deployment.replicas - deployment.strategy.maxUnavailable) {
      await stopPod(cluster, spare); // as many as may be unavailable go first
    } else if (spare && deployment.strategy.maxSurge === 0) {
      throw new NotReady(
        `deployment/${deployment.name}: spec.strategy.rollingUpdate.maxUnavailable: may not be 0 when maxSurge is 0`,
      );
    }
    await bringUpOne(context, deployment, template);
    const [next] = old();
    if (next && old().length + current().length > deployment.replicas) await stopPod(cluster, next);
  }
  for (const pod of old()) await stopPod(cluster, pod);
}

async function bringUpOne(context: ReleaseContext, deployment: Deployment, template: string): Promise<void> {
  const { cluster } = context;
  const { world, state } = cluster;
  const name = `${deployment.name}-${template}-${podSuffix(cluster)}`;
  const key = `${deployment.namespace}/${name}`;
  const pod: PodState = {
    namespace: deployment.namespace,
    name,
    node: "",
    hostNetwork: deployment.pod.hostNetwork ?? false,
    hostPorts: hostPorts(deployment.pod),
    volumes: [],
    phase: "pending",
    startedAt: world.clock.now(),
    release: deployment.release,
    template,
  };
  let told: string | undefined;
  try {
    await waitUntilReady(context, async () => {
      delete state.pods[key]; // its last attempt must not stand in its own way
      const reason = await tryStart(context, deployment, pod);
      if (reason && reason !== told) {
        told = reason;
        world.note({ kind: "pod-failed", subject: key, severity: "warning", text: reason });
      }
      if (reason) state.pods[key] = { ...pod, phase: "pending", reason };
      return reason;
    });
  } catch (error) {
    const holders = podsOf(cluster, deployment.release)
      .filter((each) => each.phase === "running")
      .map((each) => each.name);
    if (!(error instanceof NotReady) || holders.length === 0) throw error;
    const why =
      deployment.strategy.type === "RollingUpdate"
        ? ` (rolling update: ${holders.join(", ")} still runs and holds its ports and volume)`
        : "";
    throw new NotReady(`${error.message}${why}`);
  }
  state.pods[key] = { ...pod, phase: "running", startedAt: world.clock.now() };
  world.note({
    kind: "pod-started",
    subject: key,
    text: `${key} runs on ${pod.node}`,
    detail: { node: pod.node },
  });
}

/** One go at it; undefined when the pod is ready. */
async function tryStart(
  context: ReleaseContext,
  deployment: Deployment,
  pod: PodState,
): Promise<string | undefined> {
  const { cluster } = context;
  const spec = deployment.pod;
  const refused = admissionError(
    spec,
    enforcedLevel(cluster.state, deployment.namespace, context.podSecurityDefault),
  );
  if (refused) return `replicaset: Error creating: ${forbidden("pods", pod.name, refused)}`;

  const claims = (spec.volumes ?? []).flatMap((volume) =>
    volume.persistentVolumeClaim
      ? [{ name: volume.name, claim: volume.persistentVolumeClaim.claimName }]
      : [],
  );
  for (const { claim } of claims) {
    if (!volumeOfClaim(cluster, `${deployment.namespace}/${claim}`)) {
      return `FailedScheduling: 0/${Object.keys(cluster.state.nodes).length} nodes are available: pod has unbound immediate PersistentVolumeClaims (${claim}).`;
    }
  }
  const siblings = podsOf(cluster, deployment.release).filter((each) => each.phase === "running");
  const placed = schedule(cluster, spec, {
    avoid: antiAffine(deployment) ? siblings.map((each) => each.node) : [],
  });
  if ("reason" in placed) return `FailedScheduling: ${placed.reason}`;
  const { node } = placed;
  const host = cluster.hosts(node.vmId);
  pod.node = node.name;

  const volumes = new Map<string, PodVolume>();
  for (const { name, claim } of claims) {
    const volume = volumeOfClaim(cluster, `${deployment.namespace}/${claim}`)!;
    try {
      await attachVolume(cluster, volume.name, node.name);
    } catch (error) {
      if (!(error instanceof VolumeError)) throw error;
      return `FailedAttachVolume: ${error.message}${error.message.startsWith("Multi-Attach") ? ` (held by ${siblings.map((each) => each.name).join(", ")})` : ""}`;
    }
    await cluster.world.clock.sleep(DURATIONS.volumeMount);
    const { fsGroup, fsGroupChangePolicy } = spec.securityContext ?? {};
    volume.files = applyFsGroup(volume.files, fsGroup, fsGroupChangePolicy);
    pod.volumes = [volume.name];
    const files = volume.files;
    volumes.set(name, {
      files,
      info: {
        device: `/dev/longhorn/${volume.name}`,
        sizeBytes: volume.sizeBytes,
        usedBytes: 0,
        type: "ext4",
      },
    });
  }
  await cluster.world.clock.sleep(DURATIONS.podStart);
  const failure =
    (await runInit(context, deployment, pod, host, volumes)) ?? runMain(deployment, pod, volumes);
  for (const { name, claim } of claims)
    volumeOfClaim(cluster, `${deployment.namespace}/${claim}`)!.files = volumes.get(name)!.files;
  if (failure) return failure;
  await cluster.world.clock.sleep(deployment.readySeconds);
  return undefined;
}

async function runInit(
  context: ReleaseContext,
  deployment: Deployment,
  pod: PodState,
  host: NodeHost,
  volumes: Map<string, PodVolume>,
): Promise<string | undefined> {
  for (const container of deployment.pod.initContainers ?? []) {
    const { cluster, signal } = context;
    const end = await runContainer({
      cluster,
      host,
      pod: deployment.pod,
      container,
      volumes,
      hostname: pod.name,
      ...(signal ? { signal } : {}),
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

export function podsOf(cluster: Cluster, release: string): PodState[] {
  return Object.values(cluster.state.pods).filter((pod) => pod.release === release);
}

function forget(cluster: Cluster, pod: PodState): void {
  delete cluster.state.pods[`${pod.namespace}/${pod.name}`];
}

/** The pod goes, and its volumes are detached when it was the last on them. */
export async function stopPod(cluster: Cluster, pod: PodState): Promise<void> {
  await cluster.world.clock.sleep(DURATIONS.podStop);
  forget(cluster, pod);
  for (const name of pod.volumes) {
    const used = Object.values(cluster.state.pods).some(
      (other) => other.phase === "running" && other.volumes.includes(name),
    );
    if (!used && cluster.state.longhorn?.volumes[name]) await detachVolume(cluster, name);
  }
}
