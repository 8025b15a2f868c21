/**
 * Jobs: their pods run for real in the sandbox on a node of the cluster. Retries and back-off after kubernetes
 * pkg/controller/job, the wait and its words after the Pulumi provider's await of batch/v1 Job.
 */
import { timed } from "../../kernel/clock.ts";
import { admissionError, enforcedLevel, type Level } from "../api/admission.ts";
import { podSuffix, type Cluster } from "../cluster.ts";
import { runContainer, type PodVolume } from "../pods/containers.ts";
import { DEFAULT_JOB_TIMEOUT, DURATIONS } from "../durations.ts";
import { hostPorts, type Container, type PodSpec } from "../pods/spec.ts";
import { schedule } from "../pods/scheduling.ts";
import { refusedPod, refusedTemplate } from "../api/validation.ts";

export interface JobRun {
  namespace: string;
  name: string;
  pod: PodSpec;
  backoffLimit?: number;
  completions?: number;
  activeDeadlineSeconds?: number;
}

export interface JobOptions {
  timeoutSeconds?: number;
  /** Level that the cluster enforces where the namespace says nothing. */
  podSecurityDefault?: Level;
  signal?: AbortSignal;
}

export class JobFailed extends Error {}

type Attempt = { succeeded: true } | { succeeded: false; reason: string } | { waiting: string };

/** Resolves when the Job is complete, and that in time. */
export async function runJob(cluster: Cluster, job: JobRun, options: JobOptions = {}): Promise<void> {
  const { timeoutSeconds = DEFAULT_JOB_TIMEOUT } = options;
  const { seconds } = await timed(() => complete(cluster, job, { ...options, timeoutSeconds }));
  if (seconds > timeoutSeconds)
    throw new JobFailed(
      `Job ${job.namespace}/${job.name}: timed out waiting for it to succeed: it takes ${Math.ceil(seconds)} s, ` +
        `and its limit is ${timeoutSeconds} s`,
    );
}

async function complete(
  cluster: Cluster,
  job: JobRun,
  options: JobOptions & { timeoutSeconds: number },
): Promise<void> {
  const { clock } = cluster.world;
  const invalid = validate(job);
  if (invalid) throw new JobFailed(invalid);
  const started = clock.now();
  const patience = started + options.timeoutSeconds;
  const deadline = job.activeDeadlineSeconds === undefined ? Infinity : started + job.activeDeadlineSeconds;
  const limit = job.backoffLimit ?? 6;
  let failures = 0;
  let done = 0;

  while (done < (job.completions ?? 1)) {
    const attempt = await tryOnce(cluster, job, options);
    if ("succeeded" in attempt && attempt.succeeded) {
      done++;
      continue;
    }
    const reason = "waiting" in attempt ? attempt.waiting : attempt.reason;
    if ("succeeded" in attempt && ++failures > limit) {
      throw failed(job, "BackoffLimitExceeded", "Job has reached the specified backoff limit", reason);
    }
    const pause = "waiting" in attempt ? 5 : backOff(failures);
    const next = clock.now() + pause;
    if (next > deadline) {
      await clock.until(Math.min(deadline, patience));
      throw failed(job, "DeadlineExceeded", "Job was active longer than specified deadline", reason);
    }
    if (next > patience || options.signal?.aborted) {
      await clock.until(options.signal?.aborted ? clock.now() : patience);
      throw new JobFailed(
        `Job ${job.namespace}/${job.name}: timed out waiting for it to succeed; its last pod: ${reason}`,
      );
    }
    await clock.until(next);
  }
}

/** Longest value of a label. */
const LABEL_MOST = 63;

function validate({ name, pod }: JobRun): string | undefined {
  // The pods get it as a label (kubernetes pkg/apis/batch: SetDefaults, validation.go).
  if (name.length > LABEL_MOST)
    return `Job.batch "${name}" is invalid: spec.template.labels: Invalid value: "${name}": must be no more than ${LABEL_MOST} characters`;
  if (pod.restartPolicy === "Never" || pod.restartPolicy === "OnFailure")
    return refusedTemplate({ kind: "Job", group: "batch", name }, pod);
  const found = pod.restartPolicy ?? "Always";
  return `Job.batch is invalid: spec.template.spec.restartPolicy: Unsupported value: "${found}": supported values: "OnFailure", "Never"`;
}

function failed(job: JobRun, reason: string, message: string, last: string): JobFailed {
  return new JobFailed(
    `Job ${job.namespace}/${job.name} failed: ${reason}: ${message}; the last pod's end: ${last}`,
  );
}

export function backOff(failures: number): number {
  return Math.min(DURATIONS.jobBackOff * 2 ** Math.max(0, failures - 1), DURATIONS.jobBackOffMax);
}

/**
 * What a pod's status tells of a container's end, which is all that whoever waits for a Job gets to see (pulumi-kubernetes
 * provider/pkg/await/checker/pod/check.go). Its log is not in it unless the container asks for that (kubelet
 * pkg/kubelet/kuberuntime: 80 lines, 2048 bytes).
 */
function terminationMessage({ terminationMessagePolicy }: Container, log: string): string {
  if (terminationMessagePolicy !== "FallbackToLogsOnError") return "";
  return log.split("\n").slice(-80).join("\n").slice(-2048);
}

async function tryOnce(cluster: Cluster, job: JobRun, options: JobOptions): Promise<Attempt> {
  const { world, state } = cluster;
  const broken = refusedPod(`${job.name}-`, job.pod);
  if (broken) return { waiting: `Error creating: ${broken}` };
  const level = enforcedLevel(state, job.namespace, options.podSecurityDefault);
  const refused = admissionError(job.pod, level);
  if (refused) return { waiting: `Error creating: pods "${job.name}-" is forbidden: ${refused}` };
  const placed = schedule(cluster, job.pod);
  if ("reason" in placed) return { waiting: `FailedScheduling: ${placed.reason}` };

  const { node } = placed;
  const name = `${job.name}-${podSuffix(cluster)}`;
  const key = `${job.namespace}/${name}`;
  const claim = job.pod.volumes?.find((volume) => volume.persistentVolumeClaim);
  if (claim) return { waiting: `volume ${claim.name}: claims in Jobs are not part of this rehearsal` };
  state.pods[key] = {
    namespace: job.namespace,
    name,
    node: node.name,
    hostNetwork: job.pod.hostNetwork ?? false,
    hostPorts: hostPorts(job.pod),
    volumes: [],
    phase: "running",
    startedAt: world.clock.now(),
  };
  world.note({ kind: "pod-started", subject: key, text: `${key} starts on ${node.name}` });
  await world.clock.sleep(DURATIONS.podStart);

  const volumes = new Map<string, PodVolume>();
  let end: Attempt = { succeeded: true };
  try {
    for (const container of [...(job.pod.initContainers ?? []), ...job.pod.containers]) {
      const result = await runContainer({
        cluster,
        host: cluster.hosts(node.vmId),
        pod: job.pod,
        container,
        volumes,
        ...(options.signal ? { signal: options.signal } : {}),
      });
      if ("notStarted" in result)
        end = { succeeded: false, reason: `${name} on ${node.name}: ${result.notStarted}` };
      else if (result.code !== 0) {
        const told = terminationMessage(container, result.output);
        end = {
          succeeded: false,
          reason: `${name} on ${node.name} exited with ${result.code}${told ? `: ${told}` : ""}`,
        };
      } else continue;
      break;
    }
    if (!state.pods[key] && !("reason" in end)) {
      end = { succeeded: false, reason: `${name} was evicted from ${node.name}` };
    }
  } finally {
    delete state.pods[key];
  }
  if ("reason" in end) {
    world.note({
      kind: "pod-failed",
      subject: key,
      severity: "warning",
      text: end.reason,
      detail: { node: node.name },
    });
  }
  return end;
}
