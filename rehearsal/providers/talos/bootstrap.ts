/** `talos:machine/bootstrap:Bootstrap`: only a create does anything, and it is tried until the node accepts it. */
import type { Door } from "../../api/talos/door.ts";
import type { PropertyMap, ResourceHandler } from "../server/index.ts";
import { retry, withClient } from "./client.ts";
import { endpointOf, exactlyOne, nodeInputs, protectedCredentials, timeLimit } from "./common.ts";

export function bootstrapResource(door: Door): ResourceHandler {
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
        await retry(door, limits, () =>
          withClient(door, nodeInputs(inputs), signal, (client) =>
            client("/machine.MachineService/Bootstrap"),
          ),
        );
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
