import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { refusingHook } from "../plan/refusing-hook.ts";

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

/**
 * Done once Helm calls a release deployed. After a failed upgrade a refresh makes Pulumi forget that there is something to
 * repeat: the release would stay unchanged and broken, and every run green. Its status is in the state all the same, so
 * this is told in the preview already. Helm's reason is not: the provider keeps its status alone (pulumi-kubernetes,
 * helm_release.go, setReleaseAttributes), so the message says where it is.
 */
export function deployed(
  name: string,
  release: k8s.helm.v3.Release,
  opts: { parent: pulumi.Resource },
): pulumi.Resource {
  const status = release.status.apply((told) => ({
    release: `${told?.namespace}/${told?.name}`,
    status: told?.status ?? "",
  }));
  const guard = refusingHook(`${name}-guard`, ({ newInputs }) =>
    notDeployed((newInputs as { input?: unknown } | undefined)?.input),
  );
  return new pulumi.Stash(
    name,
    { input: status },
    { ...opts, dependsOn: [release], hooks: { beforeCreate: [guard], beforeUpdate: [guard] } },
  );
}

/** Why a run stops at a release, from its id and Helm's status; undefined when it is deployed, or not known yet. */
export function notDeployed(input: unknown): string | undefined {
  const { release, status } = (input ?? {}) as { release?: string; status?: string };
  if (typeof status !== "string" || !UNFINISHED.has(status)) return undefined;
  const [namespace = "", name = ""] = String(release).split("/");
  const pending = status.startsWith("pending")
    ? ` As long as it is pending Helm refuses every upgrade: \`helm -n ${namespace} rollback ${name}\` first.`
    : "";
  return (
    `Helm calls the release "${name}" in the namespace "${namespace}" ${status}: its last installation or upgrade did not come to its end, ` +
    `and a refresh has made this stack forget to repeat it. What comes after it was not touched. Why it failed: ` +
    `\`helm -n ${namespace} history ${name}\` and \`kubectl -n ${namespace} get pods,events\`. Once that is mended, ` +
    `\`npm run recover -- --stack <stack>\` and \`pulumi up\`: it is upgraded again.${pending}`
  );
}
