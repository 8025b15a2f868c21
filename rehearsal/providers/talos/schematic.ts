/** `talos:imageFactory/schematic:Schematic`: registers a schematic at the factory; its id is the content's hash. */
import { registerSchematic } from "../../world/factory/images.ts";
import type { World } from "../../world/kernel/world.ts";
import type { PropertyMap, ResourceHandler } from "../server/index.ts";
import { text } from "./common.ts";

export function schematicResource(world: World): ResourceHandler {
  return {
    async create(inputs, { preview }) {
      if (preview) return { id: "", outputs: inputs };
      return { id: await register(world, inputs, "failed to create schematic"), outputs: inputs };
    },
    // The real one registers the new text too, but an update cannot change the id that the engine keeps.
    async update(_id, _olds, news, { preview }) {
      if (!preview) await register(world, news, "failed to update schematic");
      return news;
    },
  };
}

async function register(world: World, inputs: PropertyMap, doing: string): Promise<string> {
  let id: string;
  try {
    id = registerSchematic(world, text(inputs["schematic"]));
  } catch (error) {
    throw new Error(`${doing}: ${(error as Error).message}`, { cause: error });
  }
  await world.commit();
  return id;
}
