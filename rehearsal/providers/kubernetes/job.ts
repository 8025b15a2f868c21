/** `batch/v1` Jobs: what is waited for, what tells that one failed, and when it is made anew. */
import type { Level } from "../../world/kubernetes/api/admission.ts";
import type { Cluster } from "../../world/kubernetes/cluster.ts";
import { JobFailed, runJob } from "../../world/kubernetes/workloads/jobs.ts";
import { at, textOf, type PodSpec } from "../../world/kubernetes/pods/spec.ts";
import { podSecurityDefault } from "../../world/kubernetes/api/reach.ts";
import { InitFailed, type PropertyMap, type ResourceContext } from "../server/index.ts";
import type { Configured } from "./connection.ts";
import { annotation, idOf, identify, keyOf } from "./names.ts";
import type { ObjectKind } from "./objects.ts";

export const job: ObjectKind = {
  namespaced: true,
  replaceOn: [
    "spec.template",
    "spec.selector",
    "spec.completions",
    "spec.completionMode",
    "spec.podFailurePolicy",
  ],
  // Without the annotation a Job that failed stays failed; with it, whatever is not complete is made anew (provider.go, Diff).
  mustReplace: (state, news) =>
    annotation(news, "pulumi.com/replaceUnready") === "true" && conditionOf(state) !== "Complete"
      ? ['metadata.annotations["pulumi.com/replaceUnready"]']
      : [],
  created: (cluster, object, context) => awaitJob(cluster, object, context),
  updated(cluster, object, context) {
    const status = cluster.state.objects[keyOf(identify(object))]?.body["status"] as PropertyMap;
    if (conditionOf({ status }) === "Complete") return Promise.resolve(status);
    // What failed does not run again, and is not waited for either.
    const reason = failureOf({ status });
    if (reason !== undefined && !skipsAwait(object))
      throw new InitFailed(idOf(identify(object)), { ...object, status }, [reason]);
    return awaitJob(cluster, object, context);
  },
  unready: (object) => (skipsAwait(object) ? undefined : failureOf(object)),
  expired(cluster, named) {
    const body = cluster.state.objects[keyOf(named)]?.body;
    const lifetime = at(body, "spec.ttlSecondsAfterFinished");
    const finished = at(body, "status.finishedAt");
    return (
      typeof lifetime === "number" &&
      typeof finished === "number" &&
      cluster.world.clock.now() > finished + lifetime
    );
  },
};

async function awaitJob(
  cluster: Cluster,
  object: PropertyMap,
  context: ResourceContext<Configured>,
): Promise<PropertyMap | undefined> {
  const { name, namespace: where = "default" } = identify(object);
  const number = (path: string) => {
    const value = at(object, path);
    return typeof value === "number" ? value : undefined;
  };
  const annotated = Number(annotation(object, "pulumi.com/timeoutSeconds"));
  const timeoutSeconds = context.timeoutSeconds ?? (annotated > 0 ? annotated : undefined);
  const backoffLimit = number("spec.backoffLimit");
  const completions = number("spec.completions");
  const activeDeadlineSeconds = number("spec.activeDeadlineSeconds");
  const running = runJob(
    cluster,
    {
      namespace: where,
      name,
      pod: at(object, "spec.template.spec") as PodSpec,
      ...(backoffLimit === undefined ? {} : { backoffLimit }),
      ...(completions === undefined ? {} : { completions }),
      ...(activeDeadlineSeconds === undefined ? {} : { activeDeadlineSeconds }),
    },
    {
      signal: context.signal,
      ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
      ...(await levelOf(cluster)),
    },
  );
  if (skipsAwait(object)) {
    running.then(
      () => setCondition(cluster, object, "Complete"),
      (error: unknown) => setCondition(cluster, object, "Failed", error),
    );
    return undefined;
  }
  try {
    await running;
    return setCondition(cluster, object, "Complete");
  } catch (error) {
    if (!(error instanceof JobFailed)) throw error;
    const ended = /BackoffLimitExceeded|DeadlineExceeded|is invalid/.test(error.message);
    const status = ended ? setCondition(cluster, object, "Failed", error) : { active: 1 };
    throw new InitFailed(idOf(identify(object)), { ...object, status }, [error.message]);
  }
}

async function levelOf(cluster: Cluster): Promise<{ podSecurityDefault?: Level }> {
  const level = await podSecurityDefault(cluster);
  return level ? { podSecurityDefault: level as Level } : {};
}

function setCondition(
  cluster: Cluster,
  object: PropertyMap,
  type: "Complete" | "Failed",
  error?: unknown,
): PropertyMap {
  const status = {
    ...(type === "Complete" ? { succeeded: 1 } : { failed: 1 }),
    conditions: [{ type, status: "True", ...(error instanceof Error ? { message: error.message } : {}) }],
    finishedAt: cluster.world.clock.now(),
  };
  const found = cluster.state.objects[keyOf(identify(object))];
  if (found) found.body = { ...found.body, status };
  return status;
}

function conditionOf(state: PropertyMap): string | undefined {
  const conditions = at(state, "status.conditions");
  const [first] = Array.isArray(conditions) ? (conditions as unknown[]) : [];
  const type = at(first, "type");
  return typeof type === "string" ? type : undefined;
}

function failureOf(state: PropertyMap): string | undefined {
  if (conditionOf(state) !== "Failed") return undefined;
  const [first] = at(state, "status.conditions") as unknown[];
  return textOf(at(first, "message"), "the Job failed");
}

function skipsAwait(object: PropertyMap): boolean {
  return annotation(object, "pulumi.com/skipAwait") === "true";
}
