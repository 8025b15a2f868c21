/** Namespaces, and what goes when one goes. */
import type { Cluster } from "../cluster.ts";
import { BUILT_IN_NAMESPACES } from "../registry.ts";
import { DURATIONS } from "../durations.ts";
import { stopPod } from "../workloads/rollout.ts";
import { labelProblems } from "./validation.ts";

export class ApiError extends Error {}

export function namespaceExists(cluster: Cluster, name: string): boolean {
  return BUILT_IN_NAMESPACES.includes(name) || cluster.state.namespaces[name] !== undefined;
}

export async function createNamespace(
  cluster: Cluster,
  name: string,
  labels: Record<string, string>,
): Promise<void> {
  const { world, state } = cluster;
  await world.clock.sleep(DURATIONS.apiCall);
  if (namespaceExists(cluster, name)) throw new ApiError(`namespaces "${name}" already exists`);
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
    throw new ApiError(
      `Namespace "${name}" is invalid: metadata.name: Invalid value: "${name}": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-'`,
    );
  }
  const [wrong] = labelProblems(labels, "metadata.labels");
  if (wrong) throw new ApiError(`Namespace "${name}" is invalid: ${wrong}`);
  // The API server adds this label itself (NamespaceDefaultLabelName).
  state.namespaces[name] = {
    labels: { "kubernetes.io/metadata.name": name, ...labels },
    createdAt: world.clock.now(),
  };
  world.note({
    kind: "namespace-created",
    subject: name,
    text: `namespace ${name} is made`,
    detail: { labels },
  });
}

/** Everything in it goes: releases' pods and records, objects, claims with their volumes. */
export async function deleteNamespace(cluster: Cluster, name: string): Promise<void> {
  const { world, state } = cluster;
  if (!state.namespaces[name]) return;
  for (const pod of Object.values(state.pods).filter((each) => each.namespace === name))
    await stopPod(cluster, pod);
  await world.systems.storage.deleteClaims(cluster, name);
  for (const [key, release] of Object.entries(state.releases))
    if (release.namespace === name) delete state.releases[key];
  for (const [key, object] of Object.entries(state.objects))
    if (object.namespace === name) delete state.objects[key];
  const kept = world.systems.storage.namespaceKept(cluster, name);
  if (kept !== undefined) throw new ApiError(`namespace ${name} is stuck in Terminating: ${kept}`);
  await world.clock.sleep(DURATIONS.namespaceDelete);
  delete state.namespaces[name];
  world.note({ kind: "namespace-deleted", subject: name, text: `namespace ${name} is deleted` });
}
