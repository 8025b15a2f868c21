import { setTimeout } from "node:timers/promises";
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { recordValue } from "../hooks/recorded-value.ts";
import type { ClusterObjects } from "../clients/kubernetes/cluster-objects.ts";

/** What Helm calls a release whose last operation did not come to a good end (helm.sh, release status). */
const UNFINISHED = new Set([
  "failed",
  "pending-install",
  "pending-upgrade",
  "pending-rollback",
  "uninstalling",
  "uninstalled",
  "superseded",
  "unknown",
]);

/** Seconds for asking the cluster why: where it does not answer, the message says how to ask. */
const PATIENCE = 20;

export interface DeployedArgs {
  release: k8s.helm.v3.Release;
  /** The living cluster, for hooks. */
  objects: () => Promise<ClusterObjects>;
}

/**
 * Done once Helm calls a release deployed. After a failed upgrade a refresh makes Pulumi forget that there is something to
 * repeat: the release would stay unchanged and broken, and every run green. Its status is in the state all the same, so
 * this is told in the preview already. Helm's reason is not: the provider keeps its status alone (pulumi-kubernetes,
 * helm_release.go, setReleaseAttributes), so the cluster is asked for it then, and only then.
 */
export function recordDeployed(
  name: string,
  { release, objects }: DeployedArgs,
  opts: { parent: pulumi.Resource },
): pulumi.Resource {
  const status = release.status.apply((told) => ({
    release: `${told?.namespace}/${told?.name}`,
    status: told?.status ?? "",
  }));
  return recordValue(
    name,
    {
      value: status,
      refuse: async ({ after }) => {
        const found = unfinishedIn(after);
        return found && notDeployed(found, await troubles(found, objects));
      },
    },
    { ...opts, dependsOn: [release] },
  );
}

export interface UnfinishedRelease {
  namespace: string;
  name: string;
  /** Helm's. */
  status: string;
}

/** From a release's id and Helm's status; undefined when it is deployed, or not known yet. */
export function unfinishedIn(input: unknown): UnfinishedRelease | undefined {
  const { release, status } = (input ?? {}) as { release?: string; status?: string };
  if (typeof status !== "string" || !UNFINISHED.has(status)) return undefined;
  const [namespace = "", name = ""] = String(release).split("/");
  return { namespace, name, status };
}

/** None where the cluster does not say. */
async function troubles(
  { namespace, name }: UnfinishedRelease,
  objects: DeployedArgs["objects"],
): Promise<string[]> {
  const asked = objects().then((cluster) => cluster.releaseTroubles(namespace, name));
  const late = setTimeout(PATIENCE * 1000, [], { ref: false });
  return Promise.race([asked.catch(() => []), late]);
}

/**
 * Why a run stops at a release.
 *
 * @param why What the cluster says of it, if it does.
 */
export function notDeployed({ namespace, name, status }: UnfinishedRelease, why: readonly string[]): string {
  const pending = status.startsWith("pending")
    ? ` As long as it is pending Helm refuses every upgrade: \`helm -n ${namespace} rollback ${name}\` first.`
    : "";
  const asking = `\`helm -n ${namespace} history ${name}\` and \`kubectl -n ${namespace} get pods,events\``;
  return (
    `Helm calls the release "${name}" in the namespace "${namespace}" ${status}: its last installation or upgrade did not come to its end, ` +
    `and a refresh has made this stack forget to repeat it. What comes after it was not touched. Why it failed: ` +
    (why.length > 0 ? `${why.join("; ")} (more by ${asking}). ` : `${asking}. `) +
    `Once that is mended, \`npm run recover -- --stack <stack>\` and \`pulumi up\`: it is upgraded again.${pending}`
  );
}
