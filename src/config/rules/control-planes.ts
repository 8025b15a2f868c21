/** Control planes: how many, and which of them may go. Each is a member of etcd, whose majority is the cluster's life. */
import type { Draft } from "../draft.ts";
import { listWords, type Problem } from "../problem.ts";
import type { Fields } from "../read.ts";
import type { NodeInput } from "../schema.ts";
import { allKnown, nodeName, type Rule } from "./rule.ts";

/** Fewer than this lose their majority with one that fails. */
const ENOUGH_TO_RETIRE = 3;

function controlPlanes(draft: Draft): Fields<NodeInput>[] {
  return draft.nodes.filter(({ values }) => values.role === "controlplane");
}

function retires({ values }: Fields<NodeInput>): boolean {
  return values.retiring === true;
}

/** etcd needs a majority: a fourth member adds a way to fail and none to survive. One that retires leaves etcd. */
function controlPlanesOdd(draft: Draft): Problem[] {
  if (!allKnown(draft, "role", "retiring")) return [];
  const all = controlPlanes(draft);
  const count = all.filter((node) => !retires(node)).length;
  if (count % 2 === 1) return [];
  const path = "homelab:nodes";
  if (all.length === 0)
    return [{ path, message: "no node has the role controlplane; at least one is needed" }];
  if (count === 0) return [];
  const stay = count < all.length ? " and stay" : "";
  return [
    {
      path,
      message: `${count} nodes have the role controlplane${stay}; etcd needs an odd number, such as ${count - 1} or ${count + 1}`,
    },
  ];
}

/** The last one takes etcd, and so the cluster, with it; from two, one that fails in between would. */
function controlPlaneSpare(draft: Draft): Problem[] {
  if (!allKnown(draft, "role", "retiring")) return [];
  const all = controlPlanes(draft);
  const stay = all.filter((node) => !retires(node)).length;
  if (stay > 0 && all.length >= ENOUGH_TO_RETIRE) return [];
  const found = all.length === 1 ? "the only control plane" : `one of ${all.length} control planes`;
  const why =
    stay === 0 && all.length > 1
      ? "none of which would stay; keep an odd number of them"
      : `and etcd can spare a member only from ${ENOUGH_TO_RETIRE} on; add control planes first, or see docs/changing-nodes.md`;
  return all.filter(retires).map((node) => ({
    path: `${node.path}.retiring`,
    message: `${nodeName(node)} is ${found}, ${why}`,
  }));
}

/** The API would be gone from where everything looks for it. */
function endpointStays(draft: Draft): Problem[] {
  const { endpoint, vip } = draft.cluster.values;
  if (draft.cluster.bad.has("endpoint") || draft.cluster.bad.has("vip")) return [];
  if (!allKnown(draft, "role", "address", "retiring")) return [];
  const all = controlPlanes(draft);
  const [first] = all;
  const address = endpoint ?? vip ?? first?.values.address;
  const owner = all.find(({ values }) => values.address === address);
  const others = all.flatMap((node) => (retires(node) ? [] : [node.values.address ?? ""]));
  if (!owner || !retires(owner) || others.length === 0) return [];
  const found = endpoint === undefined ? "is not set and so the address" : `"${endpoint}" is the address`;
  return [
    {
      path: `${draft.cluster.path}.endpoint`,
      message: `${found} of ${nodeName(owner)}, which is retiring; give ${listWords([...(vip === undefined ? [] : [vip]), ...others], "or")}`,
    },
  ];
}

export const CONTROL_PLANE_RULES: readonly Rule[] = [
  { id: "control-planes-odd", check: controlPlanesOdd },
  { id: "control-plane-spare", check: controlPlaneSpare },
  { id: "endpoint-stays", check: endpointStays },
];
