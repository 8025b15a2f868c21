/** `talosctl get`: the resources of a node, in the YAML form that the machinery library reads. */
import { TalosError } from "../../world/talos/errors.ts";
import { nodeResources } from "../../world/talos/resources.ts";
import { timestamp } from "./machine.ts";
import type { NodeCall, NodeMethod } from "./method.ts";

const DEFINITIONS = "ResourceDefinitions.meta.cosi.dev";

export const resourceMethods: Record<string, NodeMethod> = {
  "/cosi.resource.State/Get": { changes: false, answer: find },
  "/cosi.resource.State/List": { changes: false, answer: find },
};

function find({ world, machine, params }: NodeCall): unknown {
  const type = String(params["type"]);
  // Which types there are the other side knows.
  if (type === DEFINITIONS) return { resources: [] };
  const known = Object.hasOwn(nodeResources, type) ? nodeResources[type] : undefined;
  if (!known) throw new TalosError("Unimplemented", `resources of type ${type} are not simulated`);
  const { namespace, owner, list } = known;
  const id = params["id"];
  const at = timestamp(machine.answersAt);
  const resources = list(world, machine)
    .filter((each) => params["namespace"] === namespace && (id === undefined || each.id === id))
    .map((each) => ({
      metadata: {
        namespace,
        type,
        id: each.id,
        version: "1",
        owner,
        phase: "running",
        created: at,
        updated: at,
      },
      spec: each.spec,
    }));
  return { resources };
}
