/** The simulated `kubernetes` provider: the tokens that the program uses, over one world. */
import type { Hosts } from "../../world/kubernetes/cluster.ts";
import type { World } from "../../world/kernel/world.ts";
import type { ResourceHandler, SimulatedProvider } from "../server/index.ts";
import { configure, diffConfig, type Configured, type Connection } from "./connection.ts";
import { job } from "./job.ts";
import { claim, configMap, customResource, namespace, secretObject } from "./kinds.ts";
import { node } from "./node-kinds.ts";
import { objectHandler } from "./objects.ts";
import { checkOptions } from "./options.ts";
import { longhornNodePatch, nodePatch, patchHandler } from "./patches.ts";
import { releaseHandler } from "./release.ts";

/** The version of `@pulumi/kubernetes` in package.json. */
const VERSION = "4.34.2";

export function kubernetesProvider(world: World, hosts: Hosts): SimulatedProvider<Configured> {
  const connection: Connection = { world, hosts };
  const known: Record<string, ResourceHandler<Configured>> = {
    "kubernetes:core/v1:Namespace": objectHandler(connection, namespace),
    "kubernetes:core/v1:Node": objectHandler(connection, node),
    "kubernetes:core/v1:NodePatch": patchHandler(connection, nodePatch),
    "kubernetes:longhorn.io/v1beta2:NodePatch": patchHandler(connection, longhornNodePatch),
    "kubernetes:core/v1:ConfigMap": objectHandler(connection, configMap),
    "kubernetes:core/v1:Secret": objectHandler(connection, secretObject),
    "kubernetes:core/v1:PersistentVolumeClaim": objectHandler(connection, claim),
    "kubernetes:batch/v1:Job": objectHandler(connection, job),
    "kubernetes:helm.sh/v3:Release": releaseHandler(connection),
  };
  const custom = objectHandler(connection, customResource);
  return {
    name: "kubernetes",
    version: VERSION,
    sleep: (seconds) => world.clock.sleep(seconds),
    checkConfig: checkOptions,
    configure,
    diffConfig,
    // Custom resources have any token: `kubernetes:<group>/<version>:<Kind>` with a dotted group that is not Kubernetes's own.
    resources: new Proxy(known, {
      get: (target, token: string) => target[token] ?? (isCustom(token) ? custom : undefined),
    }),
    functions: {},
  };
}

function isCustom(token: string): boolean {
  const group = /^kubernetes:([^/:]+)\/[^:]+:\w+$/.exec(token)?.[1] ?? "";
  return group.includes(".") && group !== "helm.sh" && !group.endsWith(".k8s.io");
}

export type { Configured };
