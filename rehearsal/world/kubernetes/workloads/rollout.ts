/**
 * Pods of a Deployment come and go: one pod from admission to ready, and the two update strategies. Everything that keeps a pod from
 * starting is a reason in words; whoever waits for a rollout repeats it until there is none or the time is up.
 */
import { noteAway, noteBack } from "../pods/away.ts";
import { NotReady, waitUntilReady, type ReleaseContext } from "../helm/charts.ts";
import { podSuffix, pseudoRandom, type Cluster } from "../cluster.ts";
import { DURATIONS } from "../durations.ts";
import { tryStart } from "../pods/start.ts";
import type { Deployment } from "../pods/deployment.ts";
import { hostPorts } from "../pods/spec.ts";
import type { PodState } from "../state.ts";

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
  noteBack(cluster, deployment.release);
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
  noteAway(cluster, pod);
  for (const name of pod.volumes) {
    const used = Object.values(cluster.state.pods).some(
      (other) => other.phase === "running" && other.volumes.includes(name),
    );
    if (!used) await cluster.world.systems.storage.detach(cluster, name);
  }
}
