/** Objects that clients made, which the cluster keeps for them. */
import type { Cluster } from "../cluster.ts";

/** @param key Of `state.objects`. */
export function deleteObject({ state, world }: Cluster, key: string): void {
  const found = state.objects[key];
  if (!found) return;
  const { kind, name, namespace } = found;
  delete state.objects[key];
  const subject = namespace === undefined ? name : `${namespace}/${name}`;
  world.note({ kind: "object-deleted", subject, text: `${kind} ${subject} is deleted` });
}
