/** A stack's state as `pulumi stack export --show-secrets` gives it, and the edits that a recovery makes. Pure. */

export interface Resource {
  urn: string;
  type: string;
  custom: boolean;
  id?: string;
  parent?: string;
  /** `<urn>::<id>` of the provider resource. */
  provider?: string;
  protect?: boolean;
  dependencies?: string[];
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  /** Why it is not all there; the next `up` then updates it, changed or not. */
  initErrors?: string[];
}

export interface PendingOperation {
  /** `creating`, `updating`, `deleting`, `reading`, `importing`. */
  type: string;
  resource: Resource;
}

export interface Deployment {
  resources?: Resource[];
  pending_operations?: PendingOperation[];
}

export function resourcesOf(deployment: Deployment): Resource[] {
  return deployment.resources ?? [];
}

export function withoutPending(deployment: Deployment): Deployment {
  const { pending_operations: _dropped, ...kept } = deployment;
  return kept;
}

/**
 * Adds a resource as if it had just been made. It counts as dependent on everything that was there before it, so that a
 * destroy takes it first; the next `up` puts its real dependencies in place.
 */
export function withResource(deployment: Deployment, resource: Resource): Deployment {
  const before = resourcesOf(deployment);
  const dependencies = before.filter(({ custom }) => custom).map(({ urn }) => urn);
  return { ...deployment, resources: [...before, { ...resource, dependencies }] };
}

export function withoutResource(deployment: Deployment, urn: string): Deployment {
  return { ...deployment, resources: resourcesOf(deployment).filter((resource) => resource.urn !== urn) };
}

export function marked(deployment: Deployment, urn: string, reason: string): Deployment {
  return {
    ...deployment,
    resources: resourcesOf(deployment).map((resource) =>
      resource.urn === urn ? { ...resource, initErrors: [reason] } : resource,
    ),
  };
}

/** The provider resource that a new resource of this package and parent would use. */
export function providerReference(deployment: Deployment, reference: string | undefined): string | undefined {
  if (reference === undefined) return undefined;
  const urn = reference.split("::").slice(0, -1).join("::");
  const provider = resourcesOf(deployment).find((resource) => resource.urn === urn);
  return provider?.id === undefined ? undefined : `${urn}::${provider.id}`;
}

export function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? urn;
}
