/** Functions that ask nodes, or that Talos's machinery answers without any node. */
import type { Door } from "../../api/talos/door.ts";
import type { SelectorDisk } from "../../machinery.ts";
import { connect } from "../../world/talos/api.ts";
import { waitHealthy } from "../../world/kubernetes/nodes/health.ts";
import type { TalosDisk } from "../../world/talos/disks/inventory.ts";
import { matchSelector, toSelectorDisk } from "../../world/talos/disks/volumes.ts";
import type { World } from "../../world/kernel/world.ts";
import { secret, type FunctionHandler, type PropertyMap } from "../server/index.ts";
import { retry, withClient } from "./client.ts";
import {
  credentialsOf,
  endpointOf,
  nodeInputs,
  protectedCredentials,
  strings,
  text,
  timeLimit,
} from "./common.ts";

/** `talos:machine/getConfiguration`: computed here, no node is asked. */
export function getMachineConfiguration(world: World): FunctionHandler {
  return async (args) => {
    try {
      const { machineConfiguration } = await world.systems.machinery.call<{ machineConfiguration: string }>(
        "config.generate",
        {
          clusterName: text(args["clusterName"]),
          clusterEndpoint: text(args["clusterEndpoint"]),
          machineType: text(args["machineType"]),
          machineSecrets: args["machineSecrets"],
          talosVersion: text(args["talosVersion"]),
          kubernetesVersion: text(args["kubernetesVersion"]),
          configPatches: strings(args["configPatches"]),
          docs: args["docs"] === true,
          examples: args["examples"] === true,
        },
      );
      return { ...args, id: args["clusterName"], machineConfiguration: secret(machineConfiguration) };
    } catch (error) {
      throw new Error(`failed to generate machine configuration: ${(error as Error).message}`, {
        cause: error,
      });
    }
  };
}

/** `talos:client/getConfiguration`: a talosconfig. */
export function getClientConfiguration(world: World): FunctionHandler {
  return async (args) => {
    const { talosConfig } = await world.systems.machinery.call<{ talosConfig: string }>(
      "talosconfig.generate",
      {
        clusterName: text(args["clusterName"]),
        clientConfiguration: credentialsOf(args["clientConfiguration"]),
        endpoints: strings(args["endpoints"]),
        nodes: strings(args["nodes"]),
      },
    );
    return { ...withCredentials(args), id: args["clusterName"], talosConfig: secret(talosConfig) };
  };
}

/** `talos:machine/getDisks`: in maintenance mode, too; selectors see no system disk (machinery: blockhelpers, MatchDisks). */
export function getDisks(door: Door): FunctionHandler {
  return async (args, { signal }) => {
    const selector = text(args["selector"]) || "true";
    await parse(door.world, selector);
    const limits = { seconds: timeLimit(args, "read"), signal, doing: "failed to get list of disks" };
    const disks = await retry(door, limits, async () => {
      const { resources } = await withClient(door, nodeInputs(args), signal, (client) =>
        client<{ resources: { spec: PropertyMap }[] }>("/cosi.resource.State/List", DISKS),
      );
      const all = resources.map(({ spec }) => toProperties(spec));
      const matches = await matchSelector(door.world, selector, all.map(seenBySelectors));
      return all.filter((_, index) => matches[index]);
    });
    return { ...withCredentials(args), endpoint: endpointOf(args), id: "machine_disks", disks };
  };
}

const DISKS = { namespace: "runtime", type: "Disks.block.talos.dev" };

/** `talos:cluster/getHealth`. */
export function getHealth(world: World): FunctionHandler {
  return async (args, { signal }) => {
    const credentials = credentialsOf(args["clientConfiguration"]);
    const [endpoint] = strings(args["endpoints"]);
    const request = {
      controlPlanes: strings(args["controlPlaneNodes"]),
      workers: strings(args["workerNodes"]),
      skipKubernetes: args["skipKubernetesChecks"] === true,
      open: (node: string) => connect(world, { node, endpoint: endpoint ?? node, credentials }),
    };
    const stranger = [...request.controlPlanes, ...request.workers].find(
      (node) => !/^\d+(\.\d+){3}$/.test(node),
    );
    if (stranger !== undefined) throw new Error(`failed to generate node infos: ParseAddr("${stranger}")`);
    try {
      await waitHealthy(world, request, world.clock.now() + timeLimit(args, "read"), signal);
    } catch (error) {
      throw new Error(`cluster health check failed: ${(error as Error).message}`, { cause: error });
    }
    await world.commit();
    return { ...withCredentials(args), id: "cluster_health" };
  };
}

function withCredentials(args: PropertyMap): PropertyMap {
  return { ...args, clientConfiguration: protectedCredentials(args["clientConfiguration"]) };
}

/** A selector that does not parse fails at once, before any node is asked. */
async function parse(world: World, selector: string): Promise<void> {
  try {
    await matchSelector(world, selector, []);
  } catch (error) {
    throw new Error(`failed to parse celenv selector: ${(error as Error).message}`, { cause: error });
  }
}

/** The resource's names are those of its YAML form. */
function toProperties(spec: PropertyMap): PropertyMap {
  const camel = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  const named: PropertyMap = { secondaryDisks: [] };
  for (const [name, value] of Object.entries(spec)) named[camel(name)] = value;
  return named;
}

function seenBySelectors(disk: PropertyMap): SelectorDisk {
  return toSelectorDisk({ ...disk, sizeBytes: disk["size"] } as unknown as TalosDisk, false);
}
