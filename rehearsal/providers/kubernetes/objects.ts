/**
 * Handlers of plain Kubernetes objects. What is common to all kinds is here: names, diffs with their replacements, the record in the
 * cluster, refresh. A kind adds what happens when it is made, changed or taken away.
 */
import { createHash } from "node:crypto";
import { DURATIONS } from "../../world/kubernetes/durations.ts";
import { pseudoRandom, type Cluster } from "../../world/kubernetes/cluster.ts";
import type { KubernetesObject } from "../../world/kubernetes/state.ts";
import { namespaceExists } from "../../world/kubernetes/namespaces.ts";
import {
  changedPaths,
  InitFailed,
  isRecord,
  type DiffResult,
  type PropertyMap,
  type ResourceContext,
  type ResourceHandler,
} from "../server/index.ts";
import { connect, connectToDelete, type Configured, type Connection } from "./connection.ts";
import { idOf, identify, isAutonamed, keyOf, metadataOf, nameObject, type Identified } from "./names.ts";

export interface ObjectKind {
  namespaced: boolean;
  /** Property paths whose change the API server refuses, so that the object is replaced (provider/pkg/provider/diff.go). */
  replaceOn: string[];
  /** Further reasons to replace. */
  mustReplace?(olds: PropertyMap, news: PropertyMap): string[];
  /** Refused before anything is written. */
  validate?(cluster: Cluster, object: PropertyMap): void;
  /** After the object is written: waits for what it stands for; returns its status. May throw `InitFailed`. */
  created?(
    cluster: Cluster,
    object: PropertyMap,
    context: ResourceContext<Configured>,
  ): Promise<PropertyMap | undefined>;
  updated?(
    cluster: Cluster,
    object: PropertyMap,
    context: ResourceContext<Configured>,
  ): Promise<PropertyMap | undefined>;
  deleted?(cluster: Cluster, object: Identified): Promise<void>;
  /** True when the object has gone by itself. */
  expired?(cluster: Cluster, object: Identified): boolean;
  /** What the world keeps of it; nothing secret. */
  stored?(object: PropertyMap): PropertyMap;
  /** What the engine sees of it. */
  shown?(object: PropertyMap): PropertyMap;
}

export function objectHandler(connection: Connection, kind: ObjectKind): ResourceHandler<Configured> {
  const { world } = connection;
  const outputs = (cluster: Cluster, inputs: PropertyMap, status?: unknown): PropertyMap => {
    const live = liveObject(cluster, inputs, status);
    return kind.shown ? kind.shown(live) : live;
  };
  return {
    check: (inputs, olds, { urn }) => ({
      inputs: nameObject(inputs, olds, urn, kind.namespaced, "default"),
    }),

    diff: (olds, news) => diffObject(kind, olds.inputs, news, olds.state),

    async create(inputs, context) {
      if (context.preview) return { id: "", outputs: inputs };
      const cluster = await connect(connection, context.configured);
      const named = identify(inputs);
      await world.clock.sleep(DURATIONS.apiCall);
      const known = refuse(cluster, kind, inputs);
      record(cluster, kind, inputs);
      world.note({
        kind: known ? "object-updated" : "object-created",
        subject: idOf(named),
        text: `${named.kind} ${idOf(named)} ${known ? "was there already and is taken over" : "is made"}`,
      });
      try {
        const made = await (known
          ? kind.updated?.(cluster, inputs, context)
          : kind.created?.(cluster, inputs, context));
        const status = made ?? statusOf(known);
        if (status) setStatus(cluster, named, status);
        return { id: idOf(named), outputs: outputs(cluster, inputs, status) };
      } catch (error) {
        // What exists all the same, unready, is told by `InitFailed`; anything else was never made.
        if (!(error instanceof InitFailed) && !known) delete cluster.state.objects[keyOf(named)];
        throw error;
      } finally {
        await world.commit();
      }
    },

    async read(id, state, inputs, context) {
      const cluster = await connect(connection, context.configured);
      const named = identify(Object.keys(inputs).length > 0 ? inputs : state);
      const found = cluster.state.objects[keyOf(named)];
      if (!found || kind.expired?.(cluster, named)) return undefined;
      return { id, outputs: outputs(cluster, inputs, found.body["status"]), inputs };
    },

    async update(_id, olds, news, context) {
      if (context.preview) return { ...olds.state, ...news };
      const cluster = await connect(connection, context.configured);
      await world.clock.sleep(DURATIONS.apiCall);
      record(cluster, kind, news);
      const named = identify(news);
      world.note({
        kind: "object-updated",
        subject: idOf(named),
        text: `${named.kind} ${idOf(named)} is changed`,
      });
      try {
        const status = (await kind.updated?.(cluster, news, context)) ?? olds.state["status"];
        if (isRecord(status)) setStatus(cluster, named, status);
        return outputs(cluster, news, status);
      } finally {
        await world.commit();
      }
    },

    async delete(_id, olds, context) {
      const cluster = await connectToDelete(connection, context.configured);
      if (!cluster) return;
      const named = identify(Object.keys(olds.inputs).length > 0 ? olds.inputs : olds.state);
      if (!cluster.state.objects[keyOf(named)]) return;
      await world.clock.sleep(DURATIONS.apiCall);
      await kind.deleted?.(cluster, named);
      delete cluster.state.objects[keyOf(named)];
      world.note({
        kind: "object-deleted",
        subject: idOf(named),
        text: `${named.kind} ${idOf(named)} is deleted`,
      });
      await world.commit();
    },
  };
}

export function diffObject(
  kind: ObjectKind,
  olds: PropertyMap,
  news: PropertyMap,
  state: PropertyMap = {},
): DiffResult {
  const found = changedPaths(olds, news);
  const fixed = ["apiVersion", "kind", "metadata.name", "metadata.namespace", ...kind.replaceOn];
  const replacing = (path: string) =>
    fixed.some((each) => path === each || path.startsWith(`${each}.`) || path.startsWith(`${each}[`));
  const forced = kind.mustReplace?.(state, news) ?? [];
  const replaces = [
    ...new Set([...found.keys()].filter(replacing).map((path) => path.split(/[.[]/, 1)[0] ?? path)),
    ...forced,
  ];
  const before = metadataOf(olds);
  const after = metadataOf(news);
  const sameName = before["name"] === after["name"] && before["namespace"] === after["namespace"];
  return {
    changes: found.size > 0 || forced.length > 0,
    replaces,
    // Two objects cannot have one name: the old one must go first, unless the engine makes up a new name.
    deleteBeforeReplace: replaces.length > 0 && sameName && !isAutonamed(news),
    detailed: Object.fromEntries([
      ...[...found].map(([path, change]) => [path, { kind: change, replace: replacing(path) }] as const),
      ...forced.map((path) => [path, { kind: "update" as const, replace: true }] as const),
    ]),
  };
}

/**
 * Throws what the API server would say. An object that is there already is no conflict: the provider creates by server-side
 * apply, which changes what exists (pulumi-kubernetes await.go, Creation), unless a field of it cannot change. Returns that object.
 */
function refuse(cluster: Cluster, kind: ObjectKind, inputs: PropertyMap): KubernetesObject | undefined {
  const named = identify(inputs);
  const known = cluster.state.objects[keyOf(named)];
  if (kind.namespaced && !namespaceExists(cluster, named.namespace ?? "default")) {
    throw new Error(`namespaces "${named.namespace}" not found`);
  }
  kind.validate?.(cluster, inputs);
  if (!known) return undefined;
  const { status: _status, ...body } = known.body;
  const stored = (kind.stored?.(inputs) ?? inputs) as Record<string, unknown>;
  const fixed = diffObject(kind, body, stored).replaces ?? [];
  if (fixed.length === 0) return structuredClone(known);
  throw new Error(
    `${named.kind} "${named.name}" is invalid: ${fixed.join(", ")}: Invalid value: field is immutable`,
  );
}

function statusOf(object: KubernetesObject | undefined): PropertyMap | undefined {
  const status = object?.body["status"];
  return isRecord(status) ? status : undefined;
}

function record(cluster: Cluster, kind: ObjectKind, inputs: PropertyMap): void {
  const named = identify(inputs);
  const known = cluster.state.objects[keyOf(named)];
  const body = (kind.stored?.(inputs) ?? inputs) as Record<string, unknown>;
  cluster.state.objects[keyOf(named)] = {
    apiVersion: named.apiVersion,
    kind: named.kind,
    ...(named.namespace === undefined ? {} : { namespace: named.namespace }),
    name: named.name,
    // What the cluster itself wrote there is not the client's to take away.
    body: structuredClone({ ...(known?.body["status"] ? { status: known.body["status"] } : {}), ...body }),
    createdAt: known?.createdAt ?? cluster.world.clock.now(),
  };
}

function setStatus(cluster: Cluster, named: Identified, status: PropertyMap): void {
  const object = cluster.state.objects[keyOf(named)];
  if (object) object.body = { ...object.body, status };
}

/** The object as the API server would give it back. */
function liveObject(cluster: Cluster, inputs: PropertyMap, status?: unknown): PropertyMap {
  const named = identify(inputs);
  const createdAt = cluster.state.objects[keyOf(named)]?.createdAt ?? 0;
  const hash = pseudoRandom(cluster.state.id, keyOf(named), createdAt);
  return {
    ...inputs,
    metadata: {
      ...metadataOf(inputs),
      uid: `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`,
      creationTimestamp: new Date(Math.round(createdAt) * 1000).toISOString(),
      resourceVersion: String(parseInt(hash.slice(0, 6), 16)),
    },
    ...(status === undefined ? {} : { status }),
  };
}

export function fingerprint(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
