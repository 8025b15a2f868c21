/**
 * A node can be Ready while its data volume waits for a disk: /var/mnt/longhorn is then a plain directory on the OS
 * disk, and Longhorn would fill that. So before Longhorn starts, one Job per node looks at the mount itself. Pure parts.
 */
import { gibToBytes } from "../config/sizes.ts";
import type { NodeConfig } from "../config/types.ts";
import type { JobManifest } from "../kubernetes/owned-objects.ts";
import { jobName } from "./job-name.ts";
import { RESTRICTED_POD } from "../restricted-pod.ts";
import { checkContainer } from "./check-container.ts";
import { LONGHORN_NAMESPACE } from "./values.ts";
import { DATA_MOUNT_POINT } from "../disks.ts";

/** A filesystem is a little smaller than its disk, never larger. */
const LEAST_PERCENT = 90;

/** Retried by the Job with growing pauses, ten seconds doubling: about five minutes in all, half of what Pulumi waits. */
const RETRIES = 5;

/**
 * Succeeds when something is mounted at the data path (it is on another device than its parent directory) and has the
 * data disk's size.
 */
export function mountCheckScript(sizeGiB: number): string {
  const disk = gibToBytes(sizeGiB) / 1024;
  const least = Math.floor((disk * LEAST_PERCENT) / 100);
  return `set -eu
dir=/host${DATA_MOUNT_POINT}
parent=/host/var/mnt
if [ ! -d "$dir" ] || [ "$(stat -c %d "$dir")" = "$(stat -c %d "$parent")" ]; then
  echo "nothing is mounted at ${DATA_MOUNT_POINT}: the data volume waits for its disk" >&2
  exit 1
fi
size=$(df -k "$dir" | tail -n 1 | tr -s ' ' | cut -d ' ' -f 2)
if [ "$size" -ge ${least} ] && [ "$size" -le ${disk} ]; then
  echo "${DATA_MOUNT_POINT} is a filesystem of $size KiB"
  exit 0
fi
echo "the filesystem at ${DATA_MOUNT_POINT} has $size KiB, not the ${least} to ${disk} of the data disk" >&2
exit 1
`;
}

/** The Job for one node, pinned to it. */
export function mountCheckJob(node: NodeConfig, sizeGiB: number): JobManifest {
  const name = jobName("data-volume", node.name);
  return {
    metadata: {
      name,
      namespace: LONGHORN_NAMESPACE,
      // A Job that has failed stays failed: the next `up` makes it again instead of waiting for it (pulumi-kubernetes#856).
      annotations: { "pulumi.com/replaceUnready": "true" },
    },
    spec: {
      backoffLimit: RETRIES,
      template: {
        spec: {
          nodeName: node.name,
          restartPolicy: "Never",
          ...RESTRICTED_POD,
          tolerations: [{ operator: "Exists" }],
          containers: [
            {
              ...checkContainer(mountCheckScript(sizeGiB)),
              volumeMounts: [
                {
                  name: "mnt",
                  mountPath: "/host/var/mnt",
                  readOnly: true,
                  mountPropagation: "HostToContainer",
                },
              ],
            },
          ],
          volumes: [{ name: "mnt", hostPath: { path: "/var/mnt", type: "Directory" } }],
        },
      },
    },
  };
}
