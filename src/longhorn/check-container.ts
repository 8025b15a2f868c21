import { BUSYBOX_IMAGE } from "../images.ts";
import { RESTRICTED_CONTAINER, SCRIPT_RESOURCES } from "../restricted-pod.ts";

/** The container of a check: its script's last words are all that is ever shown of a failure. */
export function checkContainer(script: string) {
  return {
    name: "check",
    image: BUSYBOX_IMAGE,
    command: ["sh", "-c", script],
    ...RESTRICTED_CONTAINER,
    resources: SCRIPT_RESOURCES,
    // Pulumi shows a pod's termination message, and nothing of its log, which goes with the Job.
    terminationMessagePolicy: "FallbackToLogsOnError",
  };
}
