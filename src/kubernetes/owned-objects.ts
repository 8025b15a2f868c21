/** Namespaces and Jobs, each made only where no stranger's is in its place. Nothing else makes one. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ObjectName, ClusterObjects } from "../clients/kubernetes/cluster-objects.ts";
import { foreign, ownerLabels } from "./ownership.ts";

export interface OwnerArgs {
  /** Name of the cluster. */
  cluster: string;
  /** The living cluster, asked when something is about to be made, and never in a preview. */
  objects: () => Promise<ClusterObjects>;
}

/** @param labels Besides the mark. */
export function ownedNamespace(
  resource: string,
  { cluster, objects }: OwnerArgs,
  { name, labels }: { name: string; labels: Record<string, string> },
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Namespace {
  return new k8s.core.v1.Namespace(
    resource,
    { metadata: { name, labels: { ...labels, ...ownerLabels(cluster) } } },
    {
      ...opts,
      hooks: {
        beforeCreate: [
          async () => void (await refuseStranger({ kind: "Namespace", name }, cluster, objects)),
        ],
      },
    },
  );
}

/** A Job as plain data. */
export interface JobManifest {
  metadata: { name: string; namespace: string; annotations?: Record<string, string> };
  spec: k8s.types.input.batch.v1.JobSpec;
}

/**
 * A Job that answers for the present: one of ours that a cut-off run left there is deleted, and its answer with it. (Taken
 * over, it might also differ in what cannot be changed.)
 */
export function ownedJob(
  resource: string,
  { cluster, objects }: OwnerArgs,
  { metadata, spec }: JobManifest,
  opts: pulumi.CustomResourceOptions,
): k8s.batch.v1.Job {
  const { name, namespace } = metadata;
  return new k8s.batch.v1.Job(
    resource,
    { metadata: { ...metadata, labels: ownerLabels(cluster) }, spec },
    {
      ...opts,
      deleteBeforeReplace: true, // its name is fixed
      hooks: {
        beforeCreate: [
          async () => {
            const left = await refuseStranger({ kind: "Job", name, namespace }, cluster, objects);
            if (left) await (await objects()).deleteJob(namespace, name);
          },
        ],
      },
    },
  );
}

/** Whether one of ours is there. */
async function refuseStranger(
  object: ObjectName,
  cluster: string,
  objects: () => Promise<ClusterObjects>,
): Promise<boolean> {
  const labels = await (await objects()).labels(object);
  if (!labels) return false;
  const refused = foreign(object, labels, cluster);
  if (refused !== undefined) throw new Error(refused);
  return true;
}
