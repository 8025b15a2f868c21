/** What a provider resource was configured with, and the way from there to a cluster of the world. */
import { parse } from "yaml";
import type { Cluster, Hosts } from "../../world/kubernetes/cluster.ts";
import { at } from "../../world/kubernetes/pods/spec.ts";
import { reach, Unreachable } from "../../world/kubernetes/api/reach.ts";
import type { World } from "../../world/kernel/world.ts";
import type { DiffResult, PropertyMap } from "../server/index.ts";
import { readSwitches, type Switches } from "./options.ts";

export interface Configured extends Switches {
  kubeconfig: string;
  /** For namespaced objects that name none. */
  namespace: string;
}

export interface Connection {
  world: World;
  hosts: Hosts;
}

/** @param environment Of the plugin: empty in a rehearsal, which sees nothing of what a person's shell exports. */
export function configure(args: PropertyMap, environment: NodeJS.ProcessEnv = {}): Configured {
  const { kubeconfig, namespace } = args;
  return {
    kubeconfig: typeof kubeconfig === "string" ? kubeconfig : "",
    namespace: typeof namespace === "string" && namespace ? namespace : "default",
    ...readSwitches(args, environment),
  };
}

/**
 * Another cluster in the kubeconfig replaces the provider; new credentials for the same one do not (provider.go, DiffConfig).
 * With an identifier, only another one of those does (the provider's `clusterIdentifier`).
 */
export function diffConfig(olds: PropertyMap, news: PropertyMap): DiffResult {
  const changed = Object.keys({ ...olds, ...news }).filter(
    (key) => key !== "version" && JSON.stringify(olds[key]) !== JSON.stringify(news[key]),
  );
  const replaces = replacing(olds, news).filter((key) => changed.includes(key));
  return {
    changes: changed.length > 0,
    replaces,
    detailed: Object.fromEntries(
      changed.map((key) => [key, { kind: "update" as const, replace: replaces.includes(key) }]),
    ),
  };
}

function replacing(olds: PropertyMap, news: PropertyMap): string[] {
  const key = "clusterIdentifier";
  if (news[key] !== undefined) return olds[key] === news[key] ? [] : [key];
  return clusterIn(olds) === clusterIn(news) ? [] : ["kubeconfig"];
}

function clusterIn({ kubeconfig }: PropertyMap): string {
  if (typeof kubeconfig !== "string") return "unknown";
  try {
    const clusters = at(parse(kubeconfig), "clusters");
    const [first] = Array.isArray(clusters) ? (clusters as unknown[]) : [];
    return JSON.stringify([at(first, "cluster.server"), at(first, "cluster.certificate-authority-data")]);
  } catch {
    return "unreadable";
  }
}

export async function connect(
  { world, hosts }: Connection,
  configured: Configured | undefined,
): Promise<Cluster> {
  try {
    await world.settle();
    return await reach(world, configured?.kubeconfig ?? "", hosts);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    throw new Unreachable(
      `configured Kubernetes cluster is unreachable: unable to load schema information from the API server: ${error.message}`,
    );
  }
}

/** For refreshes: `gone` when the state is to forget what an unreachable cluster held, `skipped` when it is to be believed. */
export async function connectToRead(
  connection: Connection,
  configured: Configured,
): Promise<Cluster | "gone" | "skipped"> {
  try {
    return await connect(connection, configured);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    if (configured.deleteUnreachable) return "gone";
    if (configured.skipUpdateUnreachable) return "skipped";
    throw forgettable(error);
  }
}

/** For deletes: undefined when the cluster is gone and the provider was told not to mind. */
export async function connectToDelete(
  connection: Connection,
  configured: Configured,
): Promise<Cluster | undefined> {
  try {
    return await connect(connection, configured);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    if (configured.deleteUnreachable) return undefined;
    throw forgettable(error);
  }
}

function forgettable({ message }: Unreachable): Unreachable {
  return new Unreachable(
    `${message}. If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"`,
  );
}
