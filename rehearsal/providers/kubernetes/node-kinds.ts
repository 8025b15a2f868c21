/**
 * Node objects, which exist before anybody declares them: declared ones are taken over, as server-side apply does (the
 * provider's default mode upserts), and deleting one takes the node out of the cluster.
 */
import type { Cluster } from "../../world/kubernetes/cluster.ts";
import { deleteNode } from "../../world/kubernetes/node-objects.ts";
import { at } from "../../world/kubernetes/pods.ts";
import { isRecord, type PropertyMap } from "../server/index.ts";
import { identify } from "./names.ts";
import type { ObjectKind } from "./objects.ts";

export const node: ObjectKind = {
  namespaced: false,
  replaceOn: [],
  validate(cluster, object) {
    const { name } = identify(object);
    // The API server would take it: a node of that name that nothing stands behind, never Ready.
    if (!cluster.state.nodes[name])
      throw new Error(`nodes "${name}" not found: nothing in this rehearsal makes one so`);
  },
  deleted: (cluster, { name }) => deleteNode(cluster, name),
  expired: (cluster, { name }) => cluster.state.nodes[name] === undefined,
};

/** A patch of Longhorn's own Node (longhorn.io/v1beta2): whether replicas may come, and must go. */
export const longhornNodePatch: ObjectKind = {
  namespaced: true,
  replaceOn: [],
  validate(cluster, object) {
    const { name } = identify(object);
    if (!cluster.state.longhorn?.disks[name]) throw new Error(`nodes.longhorn.io "${name}" not found`);
    refuse(object);
  },
  created: (cluster, object) => Promise.resolve(evict(cluster, object)),
  updated(cluster, object) {
    refuse(object);
    return Promise.resolve(evict(cluster, object));
  },
  // Fields that nobody owns any more are gone, and an absent `allowScheduling` is false (server-side apply; the CRD has no default).
  deleted: () => Promise.resolve(),
};

/** longhorn-manager webhook/resources/node/validator.go. */
function refuse(object: PropertyMap): void {
  if (at(object, "spec.evictionRequested") === true && at(object, "spec.allowScheduling") !== false) {
    throw new Error(
      'admission webhook "validator.longhorn.io" denied the request: need to disable scheduling before evicting',
    );
  }
}

function evict(cluster: Cluster, object: PropertyMap): undefined {
  const { longhorn } = cluster.state;
  const { name } = identify(object);
  const spec = isRecord(object["spec"]) ? object["spec"] : {};
  if (!longhorn) return;
  const others = (longhorn.evicting ?? []).filter((each) => each !== name);
  longhorn.evicting = spec["evictionRequested"] === true ? [...others, name] : others;
}
