/**
 * Patch resources: fields of an object that somebody else made, managed by server-side apply. They are applied whether the object
 * exists or not (await.go, Creation), are never previewed against the cluster (provider.go, Create), and when one goes it gives up
 * its fields and the object stays (await.go, Deletion; pkg/ssa/actions.go, Relinquish).
 */
import { randomBytes } from "node:crypto";
import type { Cluster } from "../../world/kubernetes/cluster.ts";
import { DURATIONS } from "../../world/kubernetes/durations.ts";
import { applyFields, type Fields, type Target } from "../../world/kubernetes/api/field-managers.ts";
import { setUnschedulable } from "../../world/kubernetes/api/node-objects.ts";
import { ApiError } from "../../world/kubernetes/api/namespaces.ts";
import { longhornNodeTarget, refuseFields } from "../../world/longhorn/node-object.ts";
import { isRecord, type PropertyMap, type ResourceContext, type ResourceHandler } from "../server/index.ts";
import { connect, connectToDelete, connectToRead, type Configured, type Connection } from "./connection.ts";
import { diffObject } from "./diff.ts";
import { annotation, idOf, identify, metadataOf } from "./names.ts";

export interface PatchedKind {
  namespaced: boolean;
  /** The object, or undefined where there is none. */
  target(cluster: Cluster, name: string): Target | undefined;
  /** Refused by an admission webhook. */
  validate?(object: PropertyMap): void;
}

const MANAGER = "__fieldManager";

export function patchHandler({ world, ...rest }: Connection, kind: PatchedKind): ResourceHandler<Configured> {
  const connection = { world, ...rest };
  const target = (cluster: Cluster, object: PropertyMap): Target => {
    const { name } = identify(object);
    const found = kind.target(cluster, name);
    // Applying would make one of these fields alone, which neither a node nor Longhorn could do anything with.
    if (!found) throw new ApiError(`"${name}" not found: nothing in this rehearsal makes one by a patch`);
    return found;
  };
  const apply = async (
    object: PropertyMap,
    manager: string,
    { configured }: ResourceContext<Configured>,
  ): Promise<PropertyMap> => {
    const cluster = await connect(connection, configured);
    await world.clock.sleep(DURATIONS.apiCall);
    kind.validate?.(object);
    const force = configured.enablePatchForce || annotation(object, "pulumi.com/patchForce") === "true";
    applyFields(cluster, target(cluster, object), manager, fieldsOf(object), force);
    const id = idOf(identify(object));
    world.note({ kind: "object-updated", subject: id, text: `fields of ${id} are applied by ${manager}` });
    await world.commit();
    return { ...object, [MANAGER]: manager };
  };
  return {
    check(inputs, _olds, { configured }) {
      const metadata = metadataOf(inputs);
      if (typeof metadata["name"] !== "string")
        return {
          inputs,
          failures: [{ property: "metadata", reason: "a patch needs metadata.name" }],
        };
      const placed = { ...metadata, namespace: metadata["namespace"] ?? configured.namespace };
      return { inputs: kind.namespaced ? { ...inputs, metadata: placed } : inputs };
    },
    // Everything but the name is changed in place (provider.go, Diff).
    diff: (olds, news) => diffObject(olds.inputs, news, []),
    async create(inputs, context) {
      if (context.preview) return { id: "", outputs: inputs };
      const manager =
        annotation(inputs, "pulumi.com/patchFieldManager") ??
        `pulumi-kubernetes-${randomBytes(4).toString("hex")}`;
      return { id: idOf(identify(inputs)), outputs: await apply(inputs, manager, context) };
    },
    async read(id, state, inputs, context) {
      const cluster = await connectToRead(connection, context.configured);
      if (cluster === "gone") return undefined;
      if (cluster === "skipped") return { id, outputs: state, inputs };
      return kind.target(cluster, identify(inputs).name) && { id, outputs: state, inputs };
    },
    async update(_id, olds, news, context) {
      if (context.preview) return { ...olds.state, ...news };
      return apply(news, String(olds.state[MANAGER]), context);
    },
    async delete(_id, olds, context) {
      const cluster = await connectToDelete(connection, context.configured);
      const patched = cluster && kind.target(cluster, identify(olds.inputs).name);
      if (!patched) return;
      await world.clock.sleep(DURATIONS.apiCall);
      applyFields(cluster, patched, String(olds.state[MANAGER]), {}, false);
      await world.commit();
    },
  };
}

/** The leaves of what is applied, without what names the object and what is said to the provider itself. */
function fieldsOf({ metadata: _named, apiVersion: _version, kind: _kind, ...object }: PropertyMap): Fields {
  return leaves(object, "");
}

function leaves(value: unknown, path: string): Fields {
  if (!isRecord(value)) return { [path]: value };
  return Object.assign(
    {},
    ...Object.entries(value).map(([key, each]) => leaves(each, path ? `${path}.${key}` : key)),
  ) as Fields;
}

/** `core/v1:NodePatch`: whether the node takes new pods. */
export const nodePatch: PatchedKind = {
  namespaced: false,
  target(cluster, name) {
    const node = cluster.state.nodes[name];
    return (
      node && {
        key: `nodes/${name}`,
        author: "kubelet",
        read: (path) => (path === "spec.unschedulable" && node.unschedulable ? true : undefined),
        write(path, value) {
          if (path !== "spec.unschedulable")
            throw new ApiError(`nodes "${name}": ${path} cannot be changed in this rehearsal`);
          void setUnschedulable(cluster, name, value === true);
        },
      }
    );
  },
};

/** A patch of Longhorn's own Node: whether replicas may come, and must go. */
export const longhornNodePatch: PatchedKind = {
  namespaced: true,
  target: ({ state: { longhorn } }, name) =>
    longhorn?.disks[name] ? longhornNodeTarget(longhorn, name) : undefined,
  validate: ({ spec }) => refuseFields(isRecord(spec) ? spec : {}),
};
