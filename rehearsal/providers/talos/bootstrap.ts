/** `talos:machine/bootstrap:Bootstrap`: only a create does anything, and it is tried until the node accepts it. */
import { bootstrap } from "../../world/talos/api.ts";
import type { World } from "../../world/kernel/world.ts";
import type { PropertyMap, ResourceHandler } from "../server/index.ts";
import { endpointOf, exactlyOne, nodeInputs, protectedCredentials, retry, timeLimit } from "./common.ts";

export function bootstrapResource(world: World): ResourceHandler {
  return {
    check: (inputs) => ({
      inputs,
      failures: exactlyOne(inputs, "clientConfiguration", "client configuration"),
    }),
    async create(inputs, { preview, signal }) {
      if (!preview) {
        const limits = {
          seconds: timeLimit(inputs, "create"),
          signal,
          doing: "Error bootstrapping node",
        };
        await retry(world, limits, () => bootstrap(world, nodeInputs(inputs)));
        await world.commit();
      }
      return { id: "machine_bootstrap", outputs: outputsOf(inputs) };
    },
    update: (_id, _olds, news) => Promise.resolve(outputsOf(news)),
  };
}

function outputsOf(inputs: PropertyMap): PropertyMap {
  const kept = { ...inputs };
  delete kept["clientConfigurationWo"];
  return {
    ...kept,
    endpoint: endpointOf(inputs),
    clientConfiguration: protectedCredentials(inputs["clientConfiguration"]),
  };
}
