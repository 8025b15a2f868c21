/** How long nothing of a release ran: from the end of its last pod until the next one is ready. */
import type { Cluster } from "../cluster.ts";
import type { PodState } from "../state.ts";

/** After a pod has stopped or was lost. A release that is being taken away is not missed. */
export function noteAway({ world, state }: Cluster, pod: PodState): void {
  const { release } = pod;
  if (release === undefined || pod.phase !== "running") return;
  const installed = state.releases[release];
  const running = Object.values(state.pods).some(
    (other) => other !== pod && other.release === release && other.phase === "running",
  );
  if (!installed || installed.status === "uninstalling" || running || state.away?.[release] !== undefined)
    return;
  (state.away ??= {})[release] = world.clock.now();
  world.note({
    kind: "workload-away",
    subject: release,
    text: `no pod of ${release} runs any more`,
    detail: { release, node: pod.node },
  });
}

/** After one of its pods has become ready. */
export function noteBack({ world, state }: Cluster, release: string): void {
  const since = state.away?.[release];
  if (since === undefined) return;
  delete state.away![release];
  const seconds = Math.round((world.clock.now() - since) * 10) / 10;
  world.note({
    kind: "workload-back",
    subject: release,
    text: `${release} was away for ${Math.round(seconds)} s`,
    detail: { release, seconds },
  });
}
