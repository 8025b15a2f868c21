/**
 * Whether the data is safe enough for the next step, asked of Longhorn itself by Jobs in the cluster: this program has no
 * other eyes there. Pure parts; plain POSIX shell for busybox.
 */
import type { HomelabConfig, NodeConfig } from "../config/types.ts";
import type { JobManifest } from "../kubernetes/owned-objects.ts";
import { checkContainer } from "./check-container.ts";
import { jobName } from "./job-name.ts";
import { RESTRICTED_POD } from "../restricted-pod.ts";
import { LONGHORN_NAMESPACE } from "./values.ts";

/** The service that the chart makes in front of longhorn-manager; plain HTTP inside the cluster. */
const API = `http://longhorn-backend.${LONGHORN_NAMESPACE}.svc.cluster.local:9500/v1`;
/** A rebuilt copy of some hundred GiB takes its time; Longhorn waits ten minutes before it gives a lost one up. */
const TRIES = 60;
const PAUSE = 60;
/** Seconds that Pulumi waits, a little more than the script does. */
const PATIENCE = TRIES * PAUSE + 300;

/** Waits until no volume lacks a copy. Detached volumes say nothing of themselves (robustness `unknown`). */
export function copiesWholeScript(): string {
  return waiting(
    `answer=$(wget -q -T 10 -O - ${API}/volumes) || answer=""
short=$(printf '%s' "$answer" | grep -Eo '"robustness":"(degraded|faulted)"' | sort | uniq -c || true)
case "$answer" in *'"data"'*) [ -n "$short" ] || exit 0 ;; esac
state="volumes without all their copies: $short"`,
    "Longhorn's UI shows which volume lacks a copy and why; a disk that it does not use any more must be removed and added again there",
  );
}

/** Waits until no copy is left on a node. */
export function evacuatedScript(node: string): string {
  return waiting(
    `answer=$(wget -q -T 10 -O - ${API}/nodes/${node}) || answer=""
left=$(printf '%s' "$answer" | grep -Eo '"scheduledReplica":\\{[^}]+\\}' || true)
case "$answer" in *'"scheduledReplica"'*) [ -n "$left" ] || exit 0 ;; esac
state="copies still on ${node}: $left"`,
    "the other nodes may be too few or too full for them",
  );
}

function waiting(look: string, hint: string): string {
  return `set -u
tries=0
while [ "$tries" -lt ${TRIES} ]; do
${look}
tries=$((tries + 1))
sleep ${PAUSE}
done
echo "$state; ${hint.replaceAll('"', "")}" >&2
exit 1
`;
}

/** Repeated whenever a data disk comes, grows or goes, and after each upgrade of Longhorn. */
export function copiesWholeJob({ nodes, longhorn }: HomelabConfig): JobManifest {
  const layout = nodes.flatMap(({ name, dataDisk }) => (dataDisk ? [`${name}=${dataDisk.sizeGiB}GiB`] : []));
  return job("copies-whole", copiesWholeScript(), [`longhorn=${longhorn.version}`, ...layout].join(" "));
}

export function evacuatedJob({ name }: NodeConfig): JobManifest {
  return job(jobName("evacuated", name), evacuatedScript(name), name);
}

function job(name: string, script: string, about: string): JobManifest {
  return {
    metadata: {
      name,
      namespace: LONGHORN_NAMESPACE,
      annotations: { "pulumi.com/replaceUnready": "true", "pulumi.com/timeoutSeconds": String(PATIENCE) },
    },
    spec: {
      backoffLimit: 0, // the script itself is patient
      template: {
        metadata: { annotations: { "homelab/about": about } },
        spec: {
          restartPolicy: "Never",
          ...RESTRICTED_POD,
          tolerations: [{ operator: "Exists" }],
          containers: [checkContainer(script)],
        },
      },
    },
  };
}
