/**
 * The decisions of a recovery, pure. A run that was cut off, or whose reply was lost, leaves things in the homelab that Pulumi's
 * state does not know. Most are harmless: what is made again is the same thing (a machine config, an image with its content in its
 * name), or is known for ours by its mark and taken over (a namespace) or made anew (a Job). Three kinds are not, and must be taken into the state when they are there:
 *
 * - a VM, because its id is taken (and bpg's provider would take a stranger's for its own);
 * - the bootstrap, because Talos answers AlreadyExists, which its provider tries for ten minutes and then fails, at every `up`;
 * - a Helm release, because Helm does not install a name that is in use.
 */
import { nameOf, type Deployment, type PendingOperation, type Resource, resourcesOf } from "./deployment.ts";

export const VM = "proxmoxve:index/vmLegacy:VmLegacy";
export const IMAGE_FILE = "proxmoxve:download/file:File";
export const RELEASE = "kubernetes:helm.sh/v3:Release";
const NAMESPACE = "kubernetes:core/v1:Namespace";
export const BOOTSTRAP = "talos:machine/bootstrap:Bootstrap";
export const SECRETS = "talos:machine/secrets:Secrets";
const CONFIGURATION = "talos:machine/configurationApply:ConfigurationApply";

/** What the next `up` would create, from a preview. */
export type Planned = Pick<Resource, "urn" | "type" | "parent" | "provider" | "protect" | "inputs">;

/** Something that may already be there, and the id by which its provider would know it. */
export interface Candidate {
  planned: Planned;
  id: string;
}

/**
 * The planned creations that must not happen twice. A release whose namespace is still to be made was made by somebody else, if
 * it is there at all.
 */
export function candidates(planned: Planned[]): Candidate[] {
  const namespaces = planned.flatMap(({ type, inputs }) =>
    type === NAMESPACE ? [(inputs?.["metadata"] as { name?: unknown } | undefined)?.name] : [],
  );
  return planned.flatMap((each) => {
    const id = identity(each);
    const strangers = each.type === RELEASE && namespaces.includes(each.inputs?.["namespace"]);
    return id === undefined || strangers ? [] : [{ planned: each, id }];
  });
}

function identity({ type, inputs = {} }: Planned): string | undefined {
  switch (type) {
    case VM:
      return typeof inputs["vmId"] === "number" ? String(inputs["vmId"]) : undefined;
    case RELEASE: {
      const { namespace, name } = inputs;
      return typeof namespace === "string" && typeof name === "string" ? `${namespace}/${name}` : undefined;
    }
    case BOOTSTRAP:
      return "machine_bootstrap";
    default:
      return undefined;
  }
}

/** The engine masks secrets in its events: inputs with one in them cannot be taken from there. */
export function holdsMaskedSecret(value: unknown): boolean {
  if (value === "[secret]") return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsMaskedSecret);
}

/**
 * A VM that was made, but whose disks could not all be read at once, is in the state with a place in its list that has no
 * interface, and the provider's refresh keeps such a place for ever: it reads by what it finds there. The inputs say which disk
 * belongs there; with that the refresh reads it, and empties the place again if the disk is really gone.
 */
export function withDiskPlaces(deployment: Deployment): { deployment: Deployment; names: string[] } {
  const names: string[] = [];
  const resources = resourcesOf(deployment).map((resource) => {
    const wanted = disksOf(resource.inputs);
    const known = disksOf(resource.outputs);
    const interfaces = known.map((disk) => disk["interface"]);
    if (resource.type !== VM || interfaces.every(Boolean) || !wanted.every((disk) => disk["interface"]))
      return resource;
    names.push(nameOf(resource.urn));
    const disks = wanted.map(
      ({ __defaults, ...disk }) => known.find((each) => each["interface"] === disk["interface"]) ?? disk,
    );
    // The bridge keeps a second account of the list, which no longer agrees; it does without.
    const { __pulumi_raw_state_delta: _account, ...outputs } = resource.outputs ?? {};
    return { ...resource, outputs: { ...outputs, disks } };
  });
  return { deployment: names.length === 0 ? deployment : { ...deployment, resources }, names };
}

function disksOf(values: Record<string, unknown> | undefined): Record<string, unknown>[] {
  const disks = values?.["disks"];
  return Array.isArray(disks) ? (disks as Record<string, unknown>[]) : [];
}

/** What to say of an operation that a run left open. */
export function pendingText({ type, resource }: PendingOperation): string {
  const name = nameOf(resource.urn);
  switch (type) {
    case "creating":
      return `${name} was being created when a run was cut off`;
    case "updating":
      return `${name} was being updated when a run was cut off; the next \`up\` updates it again`;
    case "deleting":
      return `${name} was being deleted when a run was cut off; the next \`destroy\` or \`up\` deletes what is left of it`;
    default:
      return `${name} was being read when a run was cut off`;
  }
}

/** Whether the VM that was found is the one that this stack would have made. */
export function strangerVm(planned: Planned, found: Resource): string | undefined {
  const wanted = planned.inputs ?? {};
  const actual = found.outputs ?? {};
  const tags = (value: unknown) => (Array.isArray(value) ? value.map(String).sort().join(",") : "");
  if (wanted["name"] !== actual["name"]) {
    return `VM ${found.id} is called "${String(actual["name"])}", not "${String(wanted["name"])}"`;
  }
  if (tags(wanted["tags"]) !== tags(actual["tags"])) {
    return `VM ${found.id} "${String(actual["name"])}" has the tags "${tags(actual["tags"])}", not "${tags(wanted["tags"])}"`;
  }
  return undefined;
}

/** Helm's status of a release, when it is not the one of a release that works. */
export function unfinishedRelease({ type, outputs }: Resource): string | undefined {
  if (type !== RELEASE) return undefined;
  const status = (outputs?.["status"] as { status?: unknown } | undefined)?.status;
  return typeof status === "string" && status !== "deployed" ? status : undefined;
}

/** Resources whose deletion fails when they are gone already, so that the state must learn it: by who must be asked. */
export function worthRefreshing(deployment: Deployment): { proxmox: string[]; kubernetes: string[] } {
  const urns = (...types: string[]) =>
    resourcesOf(deployment)
      .filter(({ type }) => types.includes(type))
      .map(({ urn }) => urn);
  return { proxmox: urns(VM, IMAGE_FILE), kubernetes: urns(RELEASE) };
}

/** Addresses of the control planes that have a config, from the configs themselves (the export is decrypted). */
export function controlPlanes(deployment: Deployment): string[] {
  return resourcesOf(deployment).flatMap(({ type, inputs, outputs }) => {
    const node = inputs?.["node"];
    const config = plaintext(outputs?.["machineConfiguration"]);
    const isControlPlane = typeof config === "string" && /^ {4}type: controlplane\b/m.test(config);
    return type === CONFIGURATION && typeof node === "string" && isControlPlane ? [node] : [];
  });
}

/** An exported secret's value. */
export function plaintext(value: unknown): unknown {
  const text = (value as { plaintext?: unknown } | null | undefined)?.plaintext;
  return typeof text === "string" ? (JSON.parse(text) as unknown) : value;
}

/** A value as an export shows it when it is secret (pulumi sdk/go/common/resource: SigKey, SecretSig). */
export function secretOf(value: unknown): Record<string, string> {
  return {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    plaintext: JSON.stringify(value),
  };
}
