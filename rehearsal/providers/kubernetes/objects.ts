/**
 * Handlers of plain Kubernetes objects. What is common to all kinds is here: names, creation, refresh. A kind adds what happens
 * when it is made, changed or taken away.
 */
import { DURATIONS } from "../../world/kubernetes/durations.ts";
import type { Cluster } from "../../world/kubernetes/cluster.ts";
import { deleteObject } from "../../world/kubernetes/api/declared-objects.ts";
import { namespaceExists } from "../../world/kubernetes/api/namespaces.ts";
import {
  InitFailed,
  isRecord,
  type PropertyMap,
  type ResourceContext,
  type ResourceHandler,
} from "../server/index.ts";
import { connect, connectToDelete, connectToRead, type Configured, type Connection } from "./connection.ts";
import { diffObject } from "./diff.ts";
import { Missing, tryWhileMissing } from "./missing.ts";
import { liveObject, record, recorded, setStatus, statusOf } from "./live.ts";
import { annotation, idOf, identify, keyOf, nameObject, resourceOf, type Identified } from "./names.ts";

/** What an object is waited for by (provider/pkg/metadata/overrides.go). */
const WAIT_FOR = "pulumi.com/waitFor";

export interface ObjectKind {
  namespaced: boolean;
  /** Property paths whose change the API server refuses, so that the object is replaced (provider/pkg/provider/diff.go). */
  replaceOn: string[] | ((configured: Configured) => string[]);
  /** Further reasons to replace. */
  mustReplace?(olds: PropertyMap, news: PropertyMap): string[];
  /** Whether it is there, although nobody's request put it on record. */
  exists?(cluster: Cluster, object: Identified): boolean;
  /** After the object is written: waits for what it stands for; returns its status. May throw `InitFailed`. */
  created?(
    cluster: Cluster,
    object: PropertyMap,
    context: ResourceContext<Configured>,
  ): Promise<PropertyMap | undefined>;
  /** @param before What was on record; nothing of an object that is taken over from somebody else. */
  updated?(
    cluster: Cluster,
    object: PropertyMap,
    context: ResourceContext<Configured>,
    before: PropertyMap,
  ): Promise<PropertyMap | undefined>;
  /** Why it is not ready, seen at a refresh. */
  unready?(object: PropertyMap): string | undefined;
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
  const fixedPaths = (configured: Configured) =>
    typeof kind.replaceOn === "function" ? kind.replaceOn(configured) : kind.replaceOn;
  const stored = (object: PropertyMap) => kind.stored?.(object) ?? object;

  /** Throws what the API server would say; returns what is there already, and may be taken over. */
  const refuse = (
    cluster: Cluster,
    inputs: PropertyMap,
    { configured, urn }: ResourceContext<Configured>,
  ): PropertyMap | undefined => {
    const named = identify(inputs);
    if (kind.namespaced && !namespaceExists(cluster, named.namespace ?? "default")) {
      throw new Missing(`namespaces "${named.namespace}" not found`);
    }
    const known = recorded(cluster, named) ?? (kind.exists?.(cluster, named) ? {} : undefined);
    if (!known) return undefined;
    // A creation is a creation; only with this option is it server-side apply, which changes what exists (await.go, Creation).
    if (!configured.upsertExistingObjects) throw new AlreadyExists(urn, named);
    const fixed = known["kind"]
      ? (diffObject(known, stored(inputs), fixedPaths(configured)).replaces ?? [])
      : [];
    if (fixed.length === 0) return known;
    throw new Error(
      `${named.kind} "${named.name}" is invalid: ${fixed.join(", ")}: Invalid value: field is immutable`,
    );
  };

  return {
    check: (inputs, olds, { urn, configured }) => ({
      inputs: nameObject(inputs, olds, urn, kind.namespaced, configured.namespace),
      // What would not be waited for here would be ready at once, and green.
      ...(annotation(inputs, WAIT_FOR) !== undefined && {
        failures: [{ property: "metadata.annotations", reason: `${WAIT_FOR} is not rehearsed` }],
      }),
    }),

    diff: (olds, news, { configured }) =>
      diffObject(olds.inputs, news, fixedPaths(configured), kind.mustReplace?.(olds.state, news)),

    async create(inputs, context) {
      // That an object exists already is no failure of a preview (provider.go, Create).
      if (context.preview) return { id: "", outputs: inputs };
      const cluster = await connect(connection, context.configured);
      const named = identify(inputs);
      await world.clock.sleep(DURATIONS.apiCall);
      const known = await tryWhileMissing(
        world.clock,
        () => refuse(cluster, inputs, context),
        context.signal,
      );
      record(cluster, named, stored(inputs));
      world.note({
        kind: known ? "object-updated" : "object-created",
        subject: idOf(named),
        text: `${named.kind} ${idOf(named)} ${known ? "was there already and is taken over" : "is made"}`,
      });
      try {
        const made = await (known
          ? kind.updated?.(cluster, inputs, context, known)
          : kind.created?.(cluster, inputs, context));
        const status = made ?? statusOf(cluster, named);
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
      const cluster = await connectToRead(connection, context.configured);
      if (cluster === "gone") return undefined;
      if (cluster === "skipped") return { id, outputs: state, inputs };
      const named = identify(Object.keys(inputs).length > 0 ? inputs : state);
      if (!cluster.state.objects[keyOf(named)] || kind.expired?.(cluster, named)) return undefined;
      const found = outputs(cluster, inputs, statusOf(cluster, named));
      const unready = kind.unready?.(found);
      if (unready !== undefined) throw new InitFailed(id, found, [unready]);
      return { id, outputs: found, inputs };
    },

    async update(_id, olds, news, context) {
      if (context.preview) return { ...olds.state, ...news };
      const cluster = await connect(connection, context.configured);
      await world.clock.sleep(DURATIONS.apiCall);
      const named = identify(news);
      const before = recorded(cluster, named) ?? olds.inputs;
      record(cluster, named, stored(news));
      world.note({
        kind: "object-updated",
        subject: idOf(named),
        text: `${named.kind} ${idOf(named)} is changed`,
      });
      try {
        const status = (await kind.updated?.(cluster, news, context, before)) ?? olds.state["status"];
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
      deleteObject(cluster, keyOf(named));
      await world.commit();
    },
  };
}

class AlreadyExists extends Error {
  constructor(urn: string, named: Identified) {
    super(
      `resource "${urn}" was not successfully created by the Kubernetes API server: ${resourceOf(named)} "${named.name}" already exists. ` +
        "It is in the cluster, and not in this stack: import it, manage it by a Patch resource, or set upsertExistingObjects",
    );
  }
}
