/** The kinds of objects that mean something here, each with what makes it special. */
import { bindClaim, deleteClaim } from "../../world/longhorn/volumes/claims.ts";
import { createNamespace, deleteNamespace, namespaceExists } from "../../world/kubernetes/api/namespaces.ts";
import { at, textOf } from "../../world/kubernetes/pods/spec.ts";
import { InitFailed, isRecord, secret, type PropertyMap } from "../server/index.ts";
import { fingerprint } from "./live.ts";
import { idOf, identify, metadataOf } from "./names.ts";
import type { ObjectKind } from "./objects.ts";

export const namespace: ObjectKind = {
  namespaced: false,
  replaceOn: [],
  exists: (cluster, { name }) => namespaceExists(cluster, name),
  async created(cluster, object) {
    await createNamespace(cluster, identify(object).name, labelsOf(object));
    return { phase: "Active" };
  },
  updated(cluster, object, _context, before) {
    const known = cluster.state.namespaces[identify(object).name];
    // Labels of other managers stay.
    if (known)
      known.labels = {
        ...without(known.labels, Object.keys(labelsOf(before))),
        ...labelsOf(object),
      };
    return Promise.resolve({ phase: "Active" });
  },
  deleted: (cluster, { name }) => deleteNamespace(cluster, name),
  expired: (cluster, { name }) => cluster.state.namespaces[name] === undefined,
};

function labelsOf(object: PropertyMap): Record<string, string> {
  const labels = metadataOf(object)["labels"];
  return isRecord(labels) ? (labels as Record<string, string>) : {};
}

function without(labels: Record<string, string>, names: string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !names.includes(name)));
}

/** Changed data replaces the object unless the provider was told otherwise. */
export const configMap: ObjectKind = {
  namespaced: true,
  replaceOn: ({ enableConfigMapMutable }) =>
    enableConfigMapMutable ? ["immutable"] : ["data", "binaryData", "immutable"],
};

export const secretObject: ObjectKind = {
  namespaced: true,
  replaceOn: ({ enableSecretMutable }) =>
    enableSecretMutable ? ["type", "immutable"] : ["data", "stringData", "type", "immutable"],
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
  deleted: (cluster, { name, namespace: where = "default" }) => deleteClaim(cluster, `${where}/${name}`),
};
