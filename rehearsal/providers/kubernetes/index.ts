/** The simulated `kubernetes` provider over one world: the tokens that the program uses or is about to. */
import type { Hosts } from "../../world/kubernetes/cluster.ts";
import type { World } from "../../world/kernel/world.ts";
import type { SimulatedProvider } from "../server/index.ts";
import { configure, diffConfig, type Configured, type Connection } from "./connection.ts";
import { job } from "./job.ts";
import { claim, configMap, namespace, secretObject } from "./kinds.ts";
import { objectHandler } from "./objects.ts";
import { checkOptions } from "./options.ts";
import { releaseHandler } from "./release.ts";

/** The version of `@pulumi/kubernetes` in package.json. */
const VERSION = "4.34.2";

export function kubernetesProvider(world: World, hosts: Hosts): SimulatedProvider<Configured> {
  const connection: Connection = { world, hosts };
  const objects = {
    Namespace: namespace,
    ConfigMap: configMap,
    Secret: secretObject,
    PersistentVolumeClaim: claim,
  };
  const handlers = Object.entries(objects).map(
    ([kind, object]) => [`kubernetes:core/v1:${kind}`, objectHandler(connection, object)] as const,
  );
  return {
    name: "kubernetes",
    version: VERSION,
    checkConfig: checkOptions,
    configure,
    diffConfig,
    resources: {
      ...Object.fromEntries(handlers),
      "kubernetes:batch/v1:Job": objectHandler(connection, job),
      "kubernetes:helm.sh/v3:Release": releaseHandler(connection),
    },
    functions: {},
  };
}

export type { Configured };
