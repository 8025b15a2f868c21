/**
 * Whose an object in the cluster is. Its provider may take over what exists (`upsertExistingObjects`), for a run that was cut
 * off leaves objects that the state does not know, and a creation would fail for ever. So what is about to be made is looked
 * for first: what carries our mark is ours, anything else of that name is somebody else's. Pure.
 */
import type { ObjectName } from "../clients/kubernetes/cluster-objects.ts";

/** The label that every object of ours carries from its creation on; its value is the cluster's name. */
export const OWNER = "homelab/cluster";

export function ownerLabels(cluster: string): Record<string, string> {
  return { [OWNER]: cluster };
}

/**
 * Why an object that was found stands in the way, or undefined when it is ours.
 *
 * @param labels What it carries.
 * @param cluster Name of this stack's cluster.
 */
export function foreign(
  object: ObjectName,
  labels: Record<string, string>,
  cluster: string,
): string | undefined {
  if (labels[OWNER] === cluster) return undefined;
  const { kind, name, namespace } = object;
  const where = namespace === undefined ? "" : `-n ${namespace} `;
  const command = `kubectl ${where}label ${kind.toLowerCase()} ${name} --overwrite ${OWNER}=${cluster}`;
  const whose =
    labels[OWNER] === undefined
      ? `it does not carry the label ${OWNER}=${cluster}`
      : `its label ${OWNER} says "${labels[OWNER]}"`;
  return (
    `The ${kind} "${name}"${namespace === undefined ? "" : ` in the namespace "${namespace}"`} exists already and is not this stack's: ` +
    `${whose}. Nothing was done to it. Delete it, or move what is in it, if it is not needed; or hand it over to this stack, which then ` +
    `also deletes it at a destroy, by \`${command}\`. Then run \`pulumi up\` again.`
  );
}
