/** `talosctl get`: the resources of a node, in the YAML form that the machinery library reads. */
import type { World } from "../../world/kernel/world.ts";
import type { MachineState } from "../../world/talos/state.ts";
import { TalosError } from "../../world/talos/errors.ts";
import { nodeResources } from "../../world/talos/resources.ts";
import { timestamp } from "./machine.ts";
import type { NodeCall, NodeMethod } from "./calls.ts";

const DISKS = "Disks.block.talos.dev";
/** Of what only a node with a config has. */
const OF_NODES = /\.(cluster|etcd|kubernetes)\.talos\.dev$/;
const DEFINITIONS = "ResourceDefinitions.meta.cosi.dev";

export const resourceMethods: Record<string, NodeMethod> = {
  "/cosi.resource.State/Get": { changes: false, maintenance: true, answer: find },
  "/cosi.resource.State/List": { changes: false, maintenance: true, answer: find },
};

async function find({ world, machine, params }: NodeCall): Promise<unknown> {
  const type = String(params["type"]);
  // Which types there are the other side knows.
  if (type === DEFINITIONS) return { resources: [] };
  const known = Object.hasOwn(nodeResources, type) ? nodeResources[type] : undefined;
  if (!known) throw new TalosError("Unimplemented", `resources of type ${type} are not simulated`);
  const { namespace, owner, list } = known;
  if (type === DISKS) await noteLook(world, machine);
  const id = params["id"];
  const at = timestamp(machine.answersAt);
  const found = machine.facts || !OF_NODES.test(type) ? list(world, machine) : [];
  const resources = found
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

/** Whether a machine's disks were looked at before it got its config decides over them. */
function noteLook(world: World, { vmId, facts, address }: MachineState): Promise<void> {
  const name = facts?.hostname ?? address;
  const mode = facts ? "running" : "maintenance";
  const text = `${name} was asked for its disks`;
  world.note({ kind: "disks-inspected", subject: name, text, detail: { vmId, mode } });
  return world.commit();
}
