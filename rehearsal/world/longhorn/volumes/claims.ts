/** Claims: bound to a new Longhorn volume by a storage class, deleted with their namespace. */
import { createVolume, deleteVolume, volumeOfClaim } from "./volumes.ts";
import { VolumeError } from "../../kubernetes/storage.ts";
import type { Cluster } from "../../kubernetes/cluster.ts";
import { parseQuantity } from "../../kubernetes/api/quantity.ts";

export interface Claim {
  namespace: string;
  name: string;
  size: string;
  storageClass?: string;
}

/** Undefined when the claim is bound, now or before; else why it is pending. */
export async function bindClaim(cluster: Cluster, claim: Claim): Promise<string | undefined> {
  const full = `${claim.namespace}/${claim.name}`;
  if (volumeOfClaim(cluster, full)) return undefined;
  const { longhorn } = cluster.state;
  const sizeBytes = parseQuantity(claim.size);
  if (sizeBytes === undefined) return `persistentvolumeclaim ${full}: invalid quantity "${claim.size}"`;
  const wanted = claim.storageClass;
  if (wanted === undefined && !(longhorn?.defaultClass && longhorn.storageClass)) {
    return `persistentvolumeclaim ${full}: no persistent volumes available for this claim and no storage class is set`;
  }
  if (!longhorn || (wanted !== undefined && wanted !== longhorn.storageClass)) {
    return `persistentvolumeclaim ${full}: storageclass.storage.k8s.io "${wanted}" not found`;
  }
  try {
    await createVolume(cluster, { claim: full, sizeBytes: Math.ceil(sizeBytes) });
    return undefined;
  } catch (error) {
    if (!(error instanceof VolumeError)) throw error;
    return `persistentvolumeclaim ${full}: ProvisioningFailed: ${error.message}`;
  }
}

/** The claims of a namespace go with it; their volumes too unless the class said `Retain`. */
export async function deleteClaims(cluster: Cluster, namespace: string): Promise<void> {
  for (const volume of Object.values(cluster.state.longhorn?.volumes ?? {})) {
    if (volume.claim.startsWith(`${namespace}/`)) await deleteClaim(cluster, volume.claim);
  }
}

export async function deleteClaim(cluster: Cluster, claim: string): Promise<void> {
  const volume = volumeOfClaim(cluster, claim);
  if (volume?.reclaimPolicy === "Retain") volume.released = true;
  else if (volume) await deleteVolume(cluster, volume.name);
}
