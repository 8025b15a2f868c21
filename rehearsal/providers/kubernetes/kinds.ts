/** The kinds of objects that mean something here, each with what makes it special. */
import type { Level } from "../../world/kubernetes/admission.ts";
import { bindClaim } from "../../world/kubernetes/claims.ts";
import type { Cluster } from "../../world/kubernetes/cluster.ts";
import { JobFailed, runJob } from "../../world/kubernetes/jobs.ts";
import { createNamespace, deleteNamespace } from "../../world/kubernetes/namespaces.ts";
import { at, textOf, type PodSpec } from "../../world/kubernetes/pods.ts";
import { podSecurityDefault } from "../../world/kubernetes/reach.ts";
import { deleteVolume, volumeOfClaim } from "../../world/longhorn/volumes.ts";
import { InitFailed, isRecord, secret, type PropertyMap, type ResourceContext } from "../server/index.ts";
import type { Configured } from "./connection.ts";
import { annotation, idOf, identify, keyOf, metadataOf } from "./names.ts";
import { fingerprint, type ObjectKind } from "./objects.ts";

export const namespace: ObjectKind = {
  namespaced: false,
  replaceOn: [],
  async created(cluster, object) {
    const labels = metadataOf(object)["labels"];
    await createNamespace(
      cluster,
      identify(object).name,
      isRecord(labels) ? (labels as Record<string, string>) : {},
    );
    return { phase: "Active" };
  },
  updated(cluster, object) {
    const { name } = identify(object);
    const labels = metadataOf(object)["labels"];
    const known = cluster.state.namespaces[name];
    if (known)
      known.labels = {
        "kubernetes.io/metadata.name": name,
        ...(isRecord(labels) ? (labels as Record<string, string>) : {}),
      };
    return Promise.resolve({ phase: "Active" });
  },
  deleted: (cluster, { name }) => deleteNamespace(cluster, name),
  expired: (cluster, { name }) => cluster.state.namespaces[name] === undefined,
};

/** Changed data replaces the object unless the provider was told otherwise (`enableConfigMapMutable`). */
export const configMap: ObjectKind = { namespaced: true, replaceOn: ["data", "binaryData", "immutable"] };

export const secretObject: ObjectKind = {
  namespaced: true,
  replaceOn: ["data", "stringData", "type", "immutable"],
  stored: (object) => ({
    ...object,
    ...(object["data"] === undefined ? {} : { data: fingerprint(object["data"]) }),
    ...(object["stringData"] === undefined ? {} : { stringData: fingerprint(object["stringData"]) }),
  }),
  shown: (object) => ({
    ...object,
    ...(object["data"] === undefined ? {} : { data: secret(object["data"]) }),
    ...(object["stringData"] === undefined ? {} : { stringData: secret(object["stringData"]) }),
  }),
};

export const claim: ObjectKind = {
  namespaced: true,
  replaceOn: [
    "spec.accessModes",
    "spec.storageClassName",
    "spec.selector",
    "spec.volumeName",
    "spec.volumeMode",
  ],
  async created(cluster, object, context) {
    const { name, namespace: where = "default" } = identify(object);
    const storageClass = at(object, "spec.storageClassName");
    const problem = await bindClaim(cluster, {
      namespace: where,
      name,
      size: textOf(at(object, "spec.resources.requests.storage")),
      ...(typeof storageClass === "string" ? { storageClass } : {}),
    });
    if (!problem) return { phase: "Bound" };
    await cluster.world.clock.sleep(context.timeoutSeconds ?? 300);
    throw new InitFailed(idOf(identify(object)), { ...object, status: { phase: "Pending" } }, [problem]);
  },
  async deleted(cluster, { name, namespace: where = "default" }) {
    const volume = volumeOfClaim(cluster, `${where}/${name}`);
    if (volume?.reclaimPolicy === "Retain") volume.claim = `released:${volume.claim}`;
    else if (volume) await deleteVolume(cluster, volume.name);
  },
};

export const job: ObjectKind = {
  namespaced: true,
  replaceOn: [
    "spec.template",
    "spec.selector",
    "spec.completions",
    "spec.completionMode",
    "spec.podFailurePolicy",
  ],
  // A failed Job stays failed; the annotation asks for a new one (provider docs: pulumi.com/replaceUnready).
  mustReplace: (state, news) =>
    annotation(news, "pulumi.com/replaceUnready") === "true" && conditionOf(state) === "Failed"
      ? ["status"]
      : [],
  created: (cluster, object, context) => awaitJob(cluster, object, context),
  updated(cluster, object, context) {
    const status = cluster.state.objects[keyOf(identify(object))]?.body["status"];
    if (conditionOf({ status }) === "Complete") return Promise.resolve(status as PropertyMap);
    return awaitJob(cluster, object, context);
  },
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
  if (annotation(object, "pulumi.com/skipAwait") === "true") {
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

/** Charts that bring the definitions of a group's custom resources. */
const DEFINED_BY: Record<string, string> = {
  "longhorn.io": "longhorn",
  "traefik.io": "traefik",
  "metallb.io": "metallb",
};

export const customResource: ObjectKind = {
  namespaced: true,
  replaceOn: [],
  validate(cluster, object) {
    const { apiVersion, kind } = identify(object);
    const chart = DEFINED_BY[apiVersion.split("/")[0] ?? ""];
    const installed = Object.values(cluster.state.releases).some((release) => release.chart === chart);
    if (!installed) {
      throw new Error(
        `no matches for kind "${kind}" in version "${apiVersion}": its definition is not installed${chart ? ` (the chart ${chart} brings it)` : ""}`,
      );
    }
  },
};
