/** Namespaces and Jobs, each made only where no stranger's is in its place. Nothing else makes one. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
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
 * Jobs that answer for the present: one of ours that a cut-off run left there is deleted, and its answer with it. (Taken
 * over, it might also differ in what cannot be changed.)
 *
 * @param name Of their hook, one for all: unique in the program.
 * @param jobs By the names of their resources.
 * @param optsOf Of each.
 */
export function ownedJobs(
  name: string,
  { cluster, objects }: OwnerArgs,
  jobs: ReadonlyMap<string, JobManifest>,
  optsOf: (resource: string) => pulumi.CustomResourceOptions,
): k8s.batch.v1.Job[] {
  const makeWay = new pulumi.ResourceHook(`${name}-owner`, async (hook) => {
    const { name, namespace } = jobs.get(hook.name)!.metadata;
    const left = await refuseStranger({ kind: "Job", name, namespace }, cluster, objects);
    if (left) await (await objects()).deleteJob(namespace, name);
  });
  return [...jobs].map(
    ([resource, { metadata, spec }]) =>
      new k8s.batch.v1.Job(
        resource,
        { metadata: { ...metadata, labels: ownerLabels(cluster) }, spec },
        {
          ...optsOf(resource),
          deleteBeforeReplace: true, // its name is fixed
          hooks: { beforeCreate: [makeWay] },
        },
      ),
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
