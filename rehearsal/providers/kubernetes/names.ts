/** Names and namespaces of objects, given or made up, as the real provider does in Check (provider/pkg/metadata/naming.go). */
import { randomBytes } from "node:crypto";
import { isRecord, UNKNOWN, type PropertyMap } from "../server/index.ts";

export const AUTONAMED = "pulumi.com/autonamed";

export interface Identified {
  apiVersion: string;
  kind: string;
  name: string;
  namespace?: string;
}

export function autoName(urn: string): string {
  const base = (urn.split("::").pop() ?? "object").toLowerCase();
  return `${base}-${randomBytes(4).toString("hex")}`;
}

export function metadataOf(object: PropertyMap): PropertyMap {
  return isRecord(object["metadata"]) ? object["metadata"] : {};
}

export function isAutonamed(object: PropertyMap): boolean {
  const annotations = metadataOf(object)["annotations"];
  return isRecord(annotations) && annotations[AUTONAMED] === "true";
}

/** A name where there is none: the one it had, or a new one; and the namespace for kinds that live in one. */
export function nameObject(
  inputs: PropertyMap,
  olds: PropertyMap,
  urn: string,
  namespaced: boolean,
  defaultNamespace: string,
): PropertyMap {
  if (inputs["metadata"] === UNKNOWN) return inputs;
  const metadata = { ...metadataOf(inputs) };
  const annotations = isRecord(metadata["annotations"]) ? metadata["annotations"] : {};
  if (metadata["name"] === undefined && metadata["generateName"] === undefined) {
    const old = metadataOf(olds);
    metadata["name"] = isAutonamed(olds) ? old["name"] : autoName(urn);
    metadata["annotations"] = { ...annotations, [AUTONAMED]: "true" };
  }
  if (namespaced && metadata["namespace"] === undefined) metadata["namespace"] = defaultNamespace;
  return { ...inputs, metadata };
}

export function identify(object: PropertyMap): Identified {
  const metadata = metadataOf(object);
  const namespace = metadata["namespace"];
  return {
    apiVersion: String(object["apiVersion"]),
    kind: String(object["kind"]),
    name: String(metadata["name"]),
    ...(typeof namespace === "string" ? { namespace } : {}),
  };
}

export function idOf({ name, namespace }: Identified): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** As the API server names its kind in errors: `nodes`, `jobs.batch`. */
export function resourceOf({ apiVersion, kind }: Identified): string {
  const group = apiVersion.includes("/") ? `.${apiVersion.split("/", 1)[0]}` : "";
  return `${kind.toLowerCase()}s${group}`;
}

export function keyOf({ apiVersion, kind, name, namespace }: Identified): string {
  return `${apiVersion}/${kind}/${namespace ?? ""}/${name}`;
}

export function annotation(object: PropertyMap, name: string): string | undefined {
  const annotations = metadataOf(object)["annotations"];
  const value = isRecord(annotations) ? annotations[name] : undefined;
  return typeof value === "string" ? value : undefined;
}
