/** Node objects: the kubelets make them, so declaring one is a creation of what exists; deleting one takes the node out of the cluster. */
import { deleteNode } from "../../world/kubernetes/api/node-objects.ts";
import { identify } from "./names.ts";
import type { ObjectKind } from "./objects.ts";

export const node: ObjectKind = {
  namespaced: false,
  replaceOn: [],
  exists: (cluster, { name }) => cluster.state.nodes[name] !== undefined,
  validate(cluster, object) {
    const { name } = identify(object);
    // The API server would take it: a node of that name that nothing stands behind, never Ready.
    if (!cluster.state.nodes[name])
      throw new Error(`nodes "${name}" not found: nothing in this rehearsal makes one so`);
  },
  deleted: (cluster, { name }) => deleteNode(cluster, name),
  expired: (cluster, { name }) => cluster.state.nodes[name] === undefined,
};
